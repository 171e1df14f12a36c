import { dirname } from 'node:path';
import { clean } from '../core/text.ts';
import { UserError } from '../errors.ts';
import { launch } from '../machine/launch.ts';
import type { World } from '../world.ts';
import type { Command } from './command.ts';
import { installedBy, installerName, installerPath } from './installation.ts';

/** `wt uninstall`: wt becomes the install.sh that was installed with it. */
export function uninstall(world: World): Promise<number> {
  const installer = installerPath();
  if (installedBy() === 'nothing') {
    throw new UserError(
      `this wt is not installed; ${clean(installerName())} --uninstall removes what was installed from there`,
    );
  }
  if (installer === null) {
    throw new UserError('there is no install.sh beside the hooks: the one of a checkout takes wt out with --uninstall');
  }
  const flags = world.dryRun ? ['--dry-run'] : [];
  return launch(world, { do: 'exec', argv: ['/bin/sh', installer, '--uninstall', ...flags], cwd: dirname(installer) });
}

export const uninstallCommand: Command = {
  name: 'uninstall',
  summary: 'take wt out of your shell and of this box',
  usage: '[--dry-run]',
  details: [
    'Rc files become byte for byte what they were, and all that wt ever wrote goes, but the archive. Where a package ' +
      'manager installed wt, the program stays, and the command that removes it is named.',
  ],
  flags: { '--dry-run': { summary: 'say what would be done and do nothing' } },
  takes: 'nothing',
  run: (world) => uninstall(world),
};
