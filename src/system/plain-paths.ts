import type { System } from './calls.ts';

type Paths = Pick<System, 'join' | 'resolve' | 'dirname' | 'basename'>;

/** Paths of which nothing needs to be put right are put together as they are. */
export function plainPaths(runtime: () => Paths): Paths {
  return {
    join(...parts) {
      const path = parts.join('/');
      return parts[0] !== '' && isPlainPath(path) ? path : runtime().join(...parts);
    },
    resolve(path) {
      return isPlainPath(path) ? path : runtime().resolve(path);
    },
    dirname(path) {
      const end = path.lastIndexOf('/');
      return end > 0 && isPlainPath(path) ? path.slice(0, end) : runtime().dirname(path);
    },
    basename(path) {
      return isPlainPath(path) ? path.slice(path.lastIndexOf('/') + 1) : runtime().basename(path);
    },
  };
}

/** From the root, no part empty, `.` or `..`. */
function isPlainPath(path: string): boolean {
  const odd = ['//', '/./', '/../'].some((part) => path.includes(part));
  return path.startsWith('/') && !odd && !['/', '/.', '/..'].some((end) => path.endsWith(end));
}
