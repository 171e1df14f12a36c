// The Node build: the program and its libraries in one file, for Node 20 and later.
export default {
  platform: 'node',
  input: 'src/cli.ts',
  transform: { target: 'es2023' },
  output: { format: 'esm', minify: true, codeSplitting: false, file: 'dist/wt.mjs', banner: '#!/usr/bin/env node' },
};
