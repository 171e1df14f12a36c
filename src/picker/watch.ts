import { setImmediate } from 'node:timers/promises';
import type { Following } from '../box/follow.ts';
import { haystackOf } from '../core/filter.ts';
import type { Session } from '../core/session.ts';

/** How long keys may have to wait for other work, in ms. */
const slice = 8;
const lookEvery = 2000;
/** News is told so often at the most, in ms, and takes no more than this part of the time. */
const tellEvery = 200;
const partForTelling = 0.05;

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
  /** How long until the next look, in ms. */
  private pause = lookEvery;
  private wake = () => {};

  constructor(following: Following) {
    this.following = following;
  }

  /**
   * Reads what is left of `reading`, makes ready by `prepare`, then looks again every two seconds; `tell` is called when
   * there is news.
   */
  async run(reading: Generator<void>, prepare: () => Generator<void>, tell: () => void): Promise<void> {
    let next = performance.now() + tellEvery;
    while (!this.ended && !advance(reading, slice)) {
      await setImmediate();
      const begun = performance.now();
      if (begun < next) continue;
      tell();
      const told = performance.now();
      next = told + Math.max(tellEvery, (told - begun) / partForTelling);
    }
    if (!this.ended) tell();
    await this.work(prepare());
    while (!this.ended) {
      await this.rest();
      if (this.ended) return;
      await this.work(await this.following.look(Date.now()));
      if (!this.ended) tell();
    }
  }

  /** Looks again in so many ms, or as soon as the look that is under way is done. */
  lookIn(milliseconds: number): void {
    this.pause = Math.min(this.pause, milliseconds);
    this.wake();
  }

  /** Looks no more. */
  end(): void {
    this.ended = true;
    this.wake();
  }

  private async work(work: Generator<void>): Promise<void> {
    while (!this.ended && !advance(work, slice)) await setImmediate();
  }

  private async rest(): Promise<void> {
    const begun = performance.now();
    while (!this.ended) {
      const left = this.pause - (performance.now() - begun);
      if (left <= 0) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.wake = () => {};
    this.pause = lookEvery;
  }
}

/** Makes what the filter looks into, before anybody types. Pauses after each session. */
export function* prepareFilter(sessions: Session[], home: string): Generator<void> {
  for (const session of sessions) {
    haystackOf(session, home);
    yield;
  }
}
