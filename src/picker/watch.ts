import { setImmediate } from 'node:timers/promises';
import type { Following } from '../box/follow.ts';

/** How long keys may have to wait for other work, in ms. */
const slice = 8;
const lookEvery = 2000;

/** Works for about so many ms; true when the work is done. */
export function advance(work: Generator<void>, milliseconds: number): boolean {
  const until = performance.now() + milliseconds;
  do {
    if (work.next().done) return true;
  } while (performance.now() < until);
  return false;
}

/** Keeps following true in the background, in slices between which keys come through, until it is told to end. */
export class Watch {
  private readonly following: Following;
  private ended = false;
  private soon = false;
  private wake = () => {};

  constructor(following: Following) {
    this.following = following;
  }

  /** Reads what is left of `reading`, then looks again every two seconds; `tell` is called when there is news. */
  async run(reading: Generator<void>, tell: () => void): Promise<void> {
    let told = performance.now();
    while (!this.ended && !advance(reading, slice)) {
      await setImmediate();
      if (performance.now() - told < 200) continue;
      tell();
      told = performance.now();
    }
    while (!this.ended) {
      tell();
      await this.pause();
      if (this.ended) return;
      const look = this.following.look(Date.now());
      while (!this.ended && !advance(look, slice)) await setImmediate();
    }
  }

  /** Looks again at once, or as soon as the look that is under way is done. */
  lookNow(): void {
    this.soon = true;
    this.wake();
  }

  /** Looks no more. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  private async pause(): Promise<void> {
    if (!this.soon && !this.ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookEvery);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.soon = false;
  }
}
