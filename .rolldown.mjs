// The Node build. Node goes through all of a module before it runs any of it, and two thirds of this program are nothing
// that a login needs: they stand in the same file as text, packed, and become a module when a command asks for them.
import { brotliCompressSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const shared = { platform: 'node', transform: { target: 'es2023' } };
const oneFile = { format: 'esm', minify: true, codeSplitting: false };

/** In the place of `others.ts` stands a program of its own as text: what both need, both have. */
const othersAsText = {
  name: 'others as text',
  async load(id) {
    if (!id.endsWith('/src/others.ts')) return null;
    const bundle = await rolldown({ ...shared, input: id });
    const { output } = await bundle.generate(oneFile);
    await bundle.close();
    // Such a module has no place of its own to require from, and should not show its whole text where an error came from.
    const code = `${output[0].code.replaceAll('import.meta.url', '"file:///"')}\n//# sourceURL=wt.mjs/others\n`;
    return `const { brotliDecompressSync } = await import('node:zlib');
      const packed = Buffer.from('${brotliCompressSync(code).toString('base64')}', 'base64');
      const text = brotliDecompressSync(packed).toString('base64');
      export const { ${output[0].exports.join(', ')} } = await import(\`data:text/javascript;base64,\${text}\`);`;
  },
};

/** Text of one byte a letter is half as long and read faster. */
const inAscii = {
  name: 'in ASCII',
  generateBundle(_, bundle) {
    const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    for (const chunk of Object.values(bundle)) chunk.code = chunk.code.replace(/[^\0-\x7f]/g, escaped);
  },
};

export default {
  ...shared,
  input: 'src/cli.ts',
  plugins: [othersAsText, inAscii],
  output: { ...oneFile, file: 'dist/wt.mjs', banner: '#!/usr/bin/env node' },
};
