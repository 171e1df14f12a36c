/** The version in package.json, which is not read for it: a test holds them together. */
export const version = '0.1.0';
