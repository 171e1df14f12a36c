import { folded } from './filter.ts';
import { isListed } from './order.ts';
import type { Session } from './session.ts';

/** The directories of the sessions that lists show, each once, in the order of the sessions. */
export function directoriesOf(sessions: Session[]): string[] {
  const paths = sessions.filter(isListed).map(({ cwd }) => cwd);
  return [...new Set(paths)].filter((path) => path !== null);
}

/** Of those directories the ones whose last parts are `name`, whatever its case and normal form. */
export function directoriesNamed(name: string, sessions: Session[]): string[] {
  const wanted = `/${folded(name).replace(/^\/+|\/+$/g, '')}`;
  if (wanted === '/') return [];
  return directoriesOf(sessions).filter((path) => folded(path).endsWith(wanted));
}
