import type { Session } from '../core/session.ts';

/** Whether rows need tags, and the agents that have several folders among them. */
export interface Tags {
  several: boolean;
  folders: ReadonlySet<string>;
}

/** Which tags the rows of these sessions need. */
export function tagsOf(sessions: Iterable<Session>): Tags {
  const folders = new Map<string, string>();
  const several = new Set<string>();
  for (const { agent, configDir } of sessions) {
    const known = folders.get(agent);
    if (known === undefined) folders.set(agent, configDir);
    else if (known !== configDir) several.add(agent);
  }
  return { several: folders.size > 1 || several.size > 0, folders: several };
}

/** Cells of the columns that rows share; 0 where a column is left out. */
export interface Columns {
  number: number;
  state: number;
  age: number;
  directory: number;
  id: number;
  tag: number;
  tags: Tags;
}

const widestDirectory = 16;
/** Where the title has less room. */
const widestBelowState = 12;
const widestTag = 12;
/** From so many columns on rows have the state's word, and the beginning of the id. */
const withState = 100;
const withId = 120;

/** Columns for a terminal: what is less than the title goes, or shrinks, where that would have too little room. */
export function fitted(wanted: Columns, columns: number): Columns {
  const fit = { ...wanted, state: columns >= withState ? wanted.state : 0, id: columns >= withId ? 8 : 0 };
  fit.tag = Math.min(fit.tag, widestTag);
  fit.directory = Math.min(fit.directory, columns >= withState ? widestDirectory : widestBelowState);
  const room = () => columns - titleColumn(fit);
  if (room() < 40) fit.directory = Math.min(fit.directory, Math.max(8, fit.directory - (40 - room())));
  if (room() < 24) fit.tag = 0;
  if (room() < 24) fit.directory = 0;
  if (room() < 14) fit.age = 0;
  return fit;
}

/** Where the title begins, in cells. */
export function titleColumn({ number, state, age: old, directory, id, tag }: Columns): number {
  const widthOf = (width: number) => (width === 0 ? 0 : width + 2);
  return number + 3 + (state === 0 ? 3 : state + 4) + widthOf(old) + widthOf(directory) + widthOf(id) + widthOf(tag);
}

/** Columns that hold for the rows of any sessions: what scrolls past keeps them. `rows` is the highest number. */
export function steadyColumns(rows: number, columns: number, tags: Tags): Columns {
  const tag = tags.several ? widestTag : 0;
  return fitted(
    { number: String(rows).length, state: 9, age: 5, directory: widestDirectory, id: 8, tag, tags },
    columns,
  );
}
