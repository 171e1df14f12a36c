/** What was said in a session, or done, in one piece; the text is raw and may have many lines. */
export interface Entry {
  who: 'you' | 'agent';
  /** `calls`: tool calls, a line each. `note`: a command to the agent itself, such as `/compact`. */
  kind: 'prompt' | 'answer' | 'calls' | 'failure' | 'interruption' | 'note';
  text: string;
  /** Milliseconds since the epoch; null where nobody wrote it down. */
  at: number | null;
  /** The byte of the transcript that its line begins at, where that is known. */
  from?: number;
}

/** Something that was said in a session, as it is searched for; the text is raw and may have many lines. */
export interface Said {
  /** `title`: one that the session has or had. `tool`: a tool's call or result, told only to those who ask for it. */
  who: 'you' | 'agent' | 'title' | 'tool';
  text: string;
  /** Milliseconds since the epoch; null where nobody wrote it down. */
  at: number | null;
  /** The byte of the transcript that its line begins at. */
  from: number;
}

/** A part of a conversation, in the order of the talk. */
export interface Part {
  entries: Entry[];
  /** The byte of the transcript before which there is more, for the part in front of this one; null where there is none. */
  before: number | null;
}

/** The last prompt and the last answer of a conversation, in the order of the talk. */
export function lastExchange(entries: Entry[]): Entry[] {
  const prompt = entries.findLastIndex((entry) => entry.kind === 'prompt');
  const answer = entries.findLastIndex((entry) => entry.kind === 'answer');
  return [Math.min(prompt, answer), Math.max(prompt, answer)].filter((at) => at >= 0).map((at) => entries[at]!);
}
