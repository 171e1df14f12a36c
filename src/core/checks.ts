/** What was found about one thing: it is as it should be, it is not, or it is only said. */
export interface Check {
  level: 'ok' | 'wrong' | 'note';
  text: string;
}

/** Checks of one kind. */
export interface Section {
  name: string;
  checks: Check[];
}

/** A check that holds. */
export const ok = (text: string): Check => ({ level: 'ok', text });
/** A check that does not hold; its text ends in what to do. */
export const wrong = (text: string): Check => ({ level: 'wrong', text });
/** What is only said. */
export const note = (text: string): Check => ({ level: 'note', text });

/** What all checks come to, in a sentence, and whether all is well. */
export interface Verdict {
  well: boolean;
  willGreet: boolean;
  text: string;
}

/** `against` is what keeps the next ssh login from being greeted, each with what to do about it. */
export function verdictOf(against: string[], sections: Section[]): Verdict {
  const faults = sections.flatMap(({ checks }) => checks).filter(({ level }) => level === 'wrong');
  if (against.length > 0) return { well: false, willGreet: false, text: `will not greet: ${against.join('; and ')}` };
  if (faults.length === 0) return { well: true, willGreet: true, text: 'all is well: the next ssh login will greet' };
  const first = faults.length === 1 ? faults[0]!.text : `${faults.length} things are wrong`;
  return { well: false, willGreet: true, text: `the next ssh login will greet, but: ${first}` };
}
