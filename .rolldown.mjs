// The Node build, in two files: Node reads all of a file before it runs any of it, and three quarters of the program are
// nothing that a login needs. The other file stands by itself: neither takes names out of the other.

const file = (input, external, output) => ({
  input,
  external,
  platform: 'node',
  transform: { target: 'es2023' },
  output: { format: 'esm', minify: true, codeSplitting: false, ...output },
});

export default [
  file('src/cli.ts', /\/others\.ts$/, {
    file: 'dist/wt.mjs',
    banner: '#!/usr/bin/env node',
    paths: (id) => (id.endsWith('/others.ts') ? './wt-others.mjs' : id),
  }),
  file('src/others.ts', [], { file: 'dist/wt-others.mjs' }),
];
