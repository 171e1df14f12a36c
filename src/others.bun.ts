/**
 * The other commands in the native build, where they are a program of their own beside this one. Bun loads at its start
 * whatever an import names, carried out or not (1.4.5); so this name is put together when it is needed. It is bundled by
 * itself before, for what one program imports late would become late in all programs of one build.
 */
const path = ['./others', 'js'].join('.');
export const { archivedSessions, carryOut } = (await import(path)) as typeof import('./others.ts');
