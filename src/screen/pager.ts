import { spawnSync } from 'node:child_process';
import { findProgram } from '../machine/launch.ts';
import type { World } from '../world.ts';

/**
 * Shows text in `$PAGER` (a command for the shell, as everywhere), else in less, which begins at a line (1 is the first), or at the end. False
 * where there is neither: then nothing was shown.
 */
export function page(world: World, text: string, begin: number | 'end'): boolean {
  const told = world.env.PAGER?.trim();
  const less = told ? null : findProgram('less', world.env);
  if (!told && less === null) return false;
  const isLess = told ? /^(?:\S*\/)?less(?:\s|$)/.test(told) : true;
  const command = `${told || '"$1"'}${isLess ? ` +${begin === 'end' ? 'G' : begin}` : ''}`;
  // Ctrl-C is the pager's.
  const stay = () => {};
  process.on('SIGINT', stay);
  try {
    const { error, status } = spawnSync('/bin/sh', ['-c', command, 'sh', less ?? ''], {
      input: text,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { LESS: 'FRX', ...world.env },
    });
    // 126 and 127: the shell could not start it. A pager that is left early no longer reads.
    const { code } = (error ?? {}) as NodeJS.ErrnoException;
    return (code === undefined || code === 'EPIPE') && status !== 126 && status !== 127;
  } finally {
    process.off('SIGINT', stay);
  }
}
