/** What measures any text: it takes longer to load than a whole greeting may. */
export const widths = () => import('string-width');
