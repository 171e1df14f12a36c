import { UsageError, UserError } from '../errors.ts';
import { write } from '../screen/output.ts';
import type { Command } from './command.ts';
import { ownProgram } from './installation.ts';

/** The key, behind tmux's prefix, that opens the picker: none of tmux's own up to 3.8. */
const popupKey = 'W';
/** The place of the hook among those that the user has for the same: tmux keeps them in an array. */
const hookIndex = 87;

/**
 * The lines of `wt init tmux` for a tmux.conf, which may stand there twice: the brief in the status line, and, from tmux
 * 3.2 on, where there are popups, the picker on a key and the greeting for a client that comes over ssh. The path of the
 * program is kept in an option: `#{q:…}` of it is one word for a shell, whatever is in it (and for tmux between quotes).
 * A client's first session is told by `client-session-changed`: `client-attached` does not tell of new-session
 * (3.3a to 3.8). Throws UserError for a path that no line can hold.
 */
export function tmuxLines(program: string): string {
  if (/[\0-\x1f\x7f]/.test(program))
    throw new UserError('the path of this wt has a control character in it, which tmux.conf cannot hold: move it');
  const quoted = `'${program.replaceAll("'", `'\\''`)}'`;
  const status = '##(##{q:@watchtower} --brief --format=tmux) #{status-right}';
  return [
    `# watchtower: the brief in the status line; prefix ${popupKey} opens the picker; a greeting when you come over ssh.`,
    `set -g @watchtower ${quoted}`,
    `if -F '#{m:*@watchtower*,#{status-right}}' '' "set -gF status-right '${status}'"`,
    `if -F '#{e|<:#{status-right-length},60}' 'set -g status-right-length 60'`,
    `%if "#{>=:#{version},3.2}"`,
    `bind -N 'Pick an agent session' ${popupKey} run -C 'display-popup -E -w 90% -h 80% -- env WT_POPUP="#{q:client_name}" "#{q:@watchtower}"'`,
    `set-hook -g 'client-session-changed[${hookIndex}]' 'run -b "#{q:@watchtower} tmux-greet #{q:hook_client} >/dev/null 2>&1 || :"'`,
    '%endif',
    '',
  ].join('\n');
}

const usage = 'wt init tmux';

export const initCommand: Command = {
  name: 'init',
  summary: 'lines for your tmux.conf: status line, picker on a key, greeting',
  usage: 'tmux',
  details: [
    `wt init tmux >> ~/.tmux.conf, once; or, in tmux.conf, run 'wt init tmux | tmux source -'. Prefix ${popupKey} opens the picker ` +
      'in a popup, and what it goes to gets a window of its own. A login over ssh that goes straight into tmux is ' +
      'greeted by a popup, once per connection: a digit goes to that row, any other key leaves. (Popups: tmux 3.2 and ' +
      'later.)',
    'bash, zsh and fish need no lines of yours: ./install.sh adds what they read.',
  ],
  flags: {},
  takes: 'text',
  offersWords: ['tmux'],
  run(_, { words: [what, more] }) {
    if (what === 'bash' || what === 'zsh' || what === 'fish')
      throw new UsageError(`${what} reads a file that is installed: ./install.sh --shell ${what} adds the line`, usage);
    if (what !== 'tmux' || more !== undefined) throw new UsageError('init takes tmux', usage);
    write(tmuxLines(ownProgram()));
    return 0;
  },
};
