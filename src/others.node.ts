/** The other commands in the Node build, which holds them packed. */
export const others = () => import('./others.ts');
