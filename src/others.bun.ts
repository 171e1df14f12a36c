/**
 * The other commands in the native build, where they are a program of their own beside this one. Bun loads at its start
 * whatever an import names, carried out or not (1.4.5), and makes wrappers for what is imported late: so this name is put
 * together when it is needed.
 */
export const others = (): Promise<typeof import('./others.ts')> => import(['./others', 'js'].join('.'));
