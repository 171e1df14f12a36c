import { saying } from '../../core/facts.ts';
import type { PendingCall, Turn } from '../../core/session.ts';
import type { Conversation, Talk } from './record.ts';

/** Where a record stands among others. */
type Place = Pick<Conversation, 'uuid' | 'parent' | 'at'>;

/**
 * Finds the last turn from records taken in from the end of a transcript backwards. A turn of Claude's may be spread over
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
  /** A prompt behind which nothing stands: its answer may stand before it (2.1.145 to 2.1.265, in a session's first 0.3 s). */
  private lonely: Place | null = null;

  /** Takes the next earlier record that carries talk. */
  before(record: Place, talk: Talk): void {
    if (this.settled) return;
    if (this.lonely !== null) {
      if (!isAnswerTo(record, talk, this.lonely)) {
        this.settled = true;
        return;
      }
      this.lonely = null;
      this.turn = null;
    }
    switch (talk.is) {
      case 'results':
        for (const id of talk.ids) this.results.add(id);
        this.turn ??= { by: 'agent', how: 'working', reason: null };
        break;
      case 'calls':
        if (!this.joins(talk.message)) return;
        for (const call of talk.calls.toReversed()) {
          if (this.results.has(call.id)) continue;
          this.turn = { by: 'agent', how: 'asking', reason: null };
          this.pending = { tool: saying(call.tool), about: saying(call.about), at: record.at };
        }
        this.turn ??= { by: 'agent', how: 'working', reason: null };
        break;
      case 'answer':
        if (!this.joins(talk.message)) return;
        this.turn ??= { by: 'agent', how: 'answered', reason: null };
        break;
      case 'failure':
        this.settle({ by: 'agent', how: 'failed', reason: talk.reason });
        break;
      case 'interruption':
        this.settle({ by: 'you', how: 'interrupted', reason: null });
        break;
      case 'prompt':
        if (this.turn === null && !talk.queued) this.lonely = record;
        this.turn ??= { by: 'you', how: 'unanswered', reason: null };
        // What was typed while Claude worked stands in the midst of its turn.
        this.settled = this.lonely === null && !talk.queued;
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

function isAnswerTo(record: Place, talk: Talk, prompt: Place): boolean {
  const isOfClaude = talk.is === 'answer' || talk.is === 'calls' || talk.is === 'failure';
  return isOfClaude && record.parent !== null && record.parent === prompt.uuid;
}
