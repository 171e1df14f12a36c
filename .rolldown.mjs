// The Node build. Node goes through all of a module before it runs any of it, and compiles each function anew in every
// process. So two thirds of this program, nothing that a login needs, stand in the file as text, packed, and become a
// module when a command asks for them; and the rest stands there as text with what V8 made of it when it was built.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const shared = { platform: 'node', transform: { target: 'es2023' } };
const oneFile = { format: 'esm', minify: true, codeSplitting: false };

/** In the place of `others.ts` stands a program of its own as text: what both need, both have. */
function othersAsText() {
  let packed = '';
  return {
    name: 'others as text',
    packed: () => packed,
    async load(id) {
      if (!id.endsWith('/src/others.ts')) return null;
      const bundle = await rolldown({ ...shared, input: id });
      const { output } = await bundle.generate(oneFile);
      await bundle.close();
      // Such a module has no place of its own to require from, and should not show its whole text where an error came from.
      const code = `${output[0].code.replaceAll('import.meta.url', '"file:///"')}\n//# sourceURL=wt.mjs/others\n`;
      packed = brotliCompressSync(code).toString('base64');
      return `const { brotliDecompressSync } = await import('node:zlib');
        const text = brotliDecompressSync(packed()).toString('base64');
        export const { ${output[0].exports.join(', ')} } = await import(\`data:text/javascript;base64,\${text}\`);`;
    },
  };
}

/** Text of one byte a letter is half as long and read faster. */
const inAscii = (text) =>
  text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * The program as a function of `load`, which imports, and of `packed`, which gives the other one. It stands in comments,
 * which Node passes over quickly, in a function that is never called: what it says of itself needs no reading again. V8
 * takes what it made of a text only in the version that made it, and with the same flags; else it compiles the text.
 */
function withCompiledCode(others) {
  return {
    name: 'with compiled code',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        const body = inAscii(chunk.code)
          .replace(/export\s*\{\s*\};?\s*$/, '')
          .replaceAll('await import(', 'await load(');
        // Only template strings have lines: a comment has one.
        const text = `(async(load,packed)=>{${body.trimEnd()}})`.replaceAll('\n', '\\n');
        chunk.code = `#!/usr/bin/env node
const{Script}=process.getBuiltinModule?.('node:vm')??await import('node:vm'),
[,text,code,others]=String(()=>{
//${text}
//${compiled(text).toString('base64')}
//${others.packed()}
//
}).split('\\n//'),
bytes=text=>Buffer.from(text,'base64'),
isSame=process.version+process.arch===${JSON.stringify(process.version + process.arch)},
cachedData=isSame?bytes(code):void 0;
await new Script(text,{filename:'wt.mjs',cachedData}).runInThisContext()(name=>import(name),()=>bytes(others));
`;
      }
    },
  };
}

/** What V8 has made of a program after a greeting in a home that it knows already. */
function compiled(text) {
  const folder = mkdtempSync(join(tmpdir(), 'wt-build-'));
  try {
    const at = (name) => join(folder, name);
    writeHome(folder);
    writeFileSync(at('program'), text);
    writeFileSync(
      at('run.cjs'),
      `const { Script } = require('node:vm');
       const { readFileSync, writeFileSync } = require('node:fs');
       const script = new Script(readFileSync(${JSON.stringify(at('program'))}, 'latin1'), { filename: 'wt.mjs' });
       process.on('exit', () => writeFileSync(${JSON.stringify(at('compiled'))}, script.createCachedData()));
       script.runInThisContext()((name) => import(name));`,
    );
    const { LD_LIBRARY_PATH } = process.env;
    const env = { HOME: folder, LANG: 'C.UTF-8', COLUMNS: '100', LD_LIBRARY_PATH };
    for (const time of ['first', 'second']) {
      const ran = spawnSync(process.execPath, [at('run.cjs'), '--greet'], { env, encoding: 'utf8' });
      if (!ran.stdout?.includes('waiting')) throw new Error(`the ${time} greeting fails: ${ran.stderr ?? ran.error}`);
    }
    return readFileSync(at('compiled'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A home with some sessions that wait, and the record of a process that is gone. */
function writeHome(home) {
  const conf = join(home, '.claude');
  const project = join(conf, 'projects', '-home-you-work');
  mkdirSync(project, { recursive: true });
  mkdirSync(join(conf, 'sessions'));
  for (const content of ['Fix the redirect', 'Réparer l’export', '修复重定向']) {
    const common = { timestamp: new Date().toISOString(), cwd: '/home/you/work', version: '2.1.330' };
    const asked = { type: 'user', message: { role: 'user', content }, ...common };
    const said = { type: 'assistant', message: { id: '1', content: [{ type: 'text', text: 'Done.' }] }, ...common };
    const lines = [asked, said].map((record) => `${JSON.stringify(record)}\n`);
    writeFileSync(join(project, `${randomUUID()}.jsonl`), lines.join(''));
  }
  const record = { pid: 2 ** 22, sessionId: randomUUID(), procStart: '1', status: 'busy' };
  writeFileSync(join(conf, 'sessions', `${record.pid}.json`), JSON.stringify(record));
}

const others = othersAsText();

export default {
  ...shared,
  input: 'src/cli.ts',
  plugins: [others, withCompiledCode(others)],
  output: { ...oneFile, file: 'dist/wt.mjs' },
};
