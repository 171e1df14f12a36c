import { write } from './output.ts';

/** Lines on the screen, below what was printed before, that are drawn anew in place until the last time. */
export class LiveLines {
  private readonly rows: number;
  private drawn = 0;

  /** `rows` are the lines of the screen. */
  constructor(rows: number) {
    this.rows = rows;
  }

  /** Draws these lines in place of those before; as many as the screen can hold, for what has scrolled away stays there. */
  draw(lines: readonly string[]): void {
    const fitting = lines.slice(0, Math.max(1, this.rows - 1));
    this.replace(fitting);
    this.drawn = fitting.length;
  }

  /** Draws all of these lines in place of those before, for good. */
  finish(lines: readonly string[]): void {
    this.replace(lines);
    this.drawn = 0;
  }

  /** Line by line, for what is erased as a whole screen some terminals keep among what has scrolled away. */
  private replace(lines: readonly string[]): void {
    const back = this.drawn > 0 ? `\x1b[${this.drawn}A\r` : '';
    const fresh = lines.map((line) => `${back === '' ? '' : '\x1b[K'}${line}\n`).join('');
    write(`${back}${fresh}${this.drawn > lines.length ? '\x1b[J' : ''}`);
  }
}
