import { createHash } from 'node:crypto';
import { ar } from './ar.ts';
import { below, type Contents, sharedFiles } from './contents.ts';
import { type Entry, tar } from './tar.ts';

/** Where Debian's shells look for the completion of a package's program, with the one of ours that is for that shell. */
const completions: [place: string, hook: string][] = [
  ['usr/share/bash-completion/completions/wt', 'completion.bash'],
  ['usr/share/zsh/vendor-completions/_wt', 'completion.zsh'],
];

/** The same for fish, which has to be told that there is one. */
const fishCompletion: Entry = {
  path: 'usr/share/fish/vendor_completions.d/wt.fish',
  content: "source /usr/share/wt/hooks/completion.fish\ncomplete -c wt -k -f -a '(__wt_complete)'\n",
};

/**
 * A .deb as deb(5) describes it: program, hooks and install.sh as install.sh lays them below a prefix (here /usr), man page
 * and completions where Debian has them. `gzip` makes the same bytes of the same bytes.
 */
export function deb(
  contents: Contents,
  architecture: string,
  program: Buffer,
  seconds: number,
  gzip: (bytes: Buffer) => Buffer,
): Buffer {
  const files = installedFiles(contents, program, gzip);
  const control: Entry[] = [
    { path: './control', content: controlFile(contents.version, architecture, files) },
    { path: './md5sums', content: sums(files) },
  ];
  return ar(
    [
      ['debian-binary', Buffer.from('2.0\n')],
      ['control.tar.gz', gzip(tar(control, seconds))],
      ['data.tar.gz', gzip(tar(below('.', files), seconds))],
    ],
    seconds,
  );
}

function installedFiles(contents: Contents, program: Buffer, gzip: (bytes: Buffer) => Buffer): Entry[] {
  const document = (path: string) => contents.documents.find((one) => one.path === path)!.content!;
  return [
    { path: 'usr/bin/wt', content: program, isProgram: true },
    ...below('usr/share/wt', sharedFiles(contents, 'apt')),
    { path: 'usr/share/man/man1/wt.1.gz', content: gzip(Buffer.from(contents.manPage)) },
    fishCompletion,
    ...completions.map(([path, hook]) => ({ path, linksTo: `../../wt/hooks/${hook}` })),
    { path: 'usr/share/doc/watchtower/README.md', content: document('README.md') },
    { path: 'usr/share/doc/watchtower/changelog.gz', content: gzip(Buffer.from(document('CHANGELOG.md'))) },
    { path: 'usr/share/doc/watchtower/copyright', content: document('LICENSE') },
  ];
}

function controlFile(version: string, architecture: string, files: Entry[]): string {
  const bytes = files.reduce((sum, { content }) => sum + (content === undefined ? 0 : Buffer.byteLength(content)), 0);
  return `Package: watchtower
Version: ${version}
Architecture: ${architecture}
Maintainer: watchtower <watchtower@example.invalid>
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: libc6 (>= 2.17)
Suggests: tmux
Section: utils
Priority: optional
Description: SSH login greeter that lists the agent sessions on a box
 At an SSH login it tells which sessions of coding agents (Claude Code first)
 are live, which wait for you and for what, and takes you into the right one.
 .
 Each user lets the login shell read its hook by /usr/share/wt/install.sh.
`;
}

function sums(files: Entry[]): string {
  const lines = files
    .filter(({ content }) => content !== undefined)
    .map(({ path, content }) => `${createHash('md5').update(content!).digest('hex')}  ${path}\n`);
  return lines.join('');
}
