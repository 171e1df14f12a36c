/** The same in the native build, where it stands beside the programs as the other commands do, and for the same reason. */
export const widths = (): Promise<typeof import('string-width')> => import(['./widths', 'js'].join('.'));
