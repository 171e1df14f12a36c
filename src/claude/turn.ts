import type { PendingCall, Turn } from '../core/session.ts';
import type { Talk } from './record.ts';

/**
 * Finds the last turn from talk taken in from the end of a transcript backwards. A turn of Claude's may be spread over
 * several records with one message id, its tool calls' results between and after them: it is asking as long as one of
 * its calls has no result.
 */
export class LastTurn {
  turn: Turn | null = null;
  pending: PendingCall | null = null;
  /** True when nothing further back can change the turn. */
  settled = false;
  private readonly results = new Set<string>();
  /** The message whose records are being gathered; undefined before its first. */
  private message: string | undefined;

  /** Takes the talk of the next earlier record, written at `at` (milliseconds since the epoch). */
  before(talk: Talk, at: number | null): void {
    if (this.settled) return;
    switch (talk.is) {
      case 'results':
        for (const id of talk.ids) this.results.add(id);
        this.turn ??= { by: 'claude', how: 'working' };
        break;
      case 'calls':
        if (!this.joins(talk.message)) return;
        for (const call of talk.calls.toReversed()) {
          if (this.results.has(call.id)) continue;
          this.turn = { by: 'claude', how: 'asking' };
          this.pending = { tool: call.tool, about: call.about, at };
        }
        this.turn ??= { by: 'claude', how: 'working' };
        break;
      case 'answer':
        if (!this.joins(talk.message)) return;
        this.turn ??= { by: 'claude', how: 'answered' };
        break;
      case 'failure':
        this.settle({ by: 'claude', how: 'failed' });
        break;
      case 'interruption':
        this.settle({ by: 'you', how: 'interrupted' });
        break;
      case 'prompt':
        this.settle({ by: 'you', how: 'unanswered' });
        break;
    }
  }

  private settle(turn: Turn): void {
    this.turn ??= turn;
    this.settled = true;
  }

  /** Whether a record belongs to the message being gathered; another message's record settles the turn. */
  private joins(message: string | null): boolean {
    if (this.message === undefined) {
      this.message = message ?? '';
      this.settled = message === null;
      return true;
    }
    if (this.message === message) return true;
    this.settled = true;
    return false;
  }
}
