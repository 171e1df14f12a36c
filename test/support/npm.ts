import { spawn } from 'node:child_process';

/** Runs npm below a prefix, to its end; rejects with what it said where it fails. */
export function npm(prefix: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['--prefix', prefix, ...args], { cwd: prefix, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`npm install failed (${code}): ${said}`))));
  });
}
