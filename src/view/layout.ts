import { clean } from '../core/text.ts';
import type { Columns } from './rows.ts';
import { titleColumn } from './rows.ts';
import { wrap } from './wrap.ts';

/** Cells in a line, and lines. */
export interface Size {
  columns: number;
  rows: number;
}

/** How the lines of the screen are shared out. */
export interface Layout {
  header: boolean;
  /** The line in which the query is typed; where there is no header, that stands in it until something is typed. */
  query: boolean;
  /** Lines for rows. */
  list: number;
  /** Cells of a row. */
  columns: number;
  /** The preview's size, and whether it is beside the rows or below them; null where there is no room. */
  preview: (Size & { beside: boolean }) | null;
  /** Lines for the notice; where there is but one line left for both, it takes the footer's. */
  notice: number;
  footer: boolean;
}

/** What the layout depends on. */
export interface ToLayOut {
  size: Size;
  /** How many rows there are. */
  count: number;
  notice: string;
  preview: 'on' | 'wide' | 'off';
}

const besideFrom = 120;
const widestBeside = 100;
/** Beside a preview a row keeps so many cells of its title. */
const leastTitle = 40;

/** Shares out the screen: rows first, then footer, query, header, and the preview where there is room to read it. */
export function layOut({ size, count, notice, preview }: ToLayOut, columnsAt: (columns: number) => Columns): Layout {
  const { columns, rows } = size;
  const roomy = rows >= 10;
  const header = rows >= 7;
  const query = rows >= 4;
  // A refusal is read whole: rows give way to it until the next key.
  const most = Math.max(1, roomy ? Math.floor(rows / 2) : rows - Number(header) - Number(query) - 1);
  const sentence = notice === '' ? 0 : wrap(clean(notice), columns, most, '').length;
  const footer = rows >= 2 && (roomy || sentence === 0);
  const free = Math.max(1, rows - Number(header) - Number(query) - Number(footer) - (rows >= 2 ? sentence : 0));
  const layout: Layout = {
    ...{ header, query, footer, notice: rows >= 2 ? sentence : 0, columns, list: free, preview: null },
  };
  if (preview === 'off') return layout;
  if (columns >= besideFrom && rows >= 8) {
    const wanted = preview === 'wide' ? Math.floor(columns * 0.62) : Math.min(widestBeside, Math.floor(columns * 0.42));
    const kept = preview === 'wide' ? 40 : titleColumn(columnsAt(columns - 3 - wanted)) + leastTitle;
    const beside = Math.max(20, Math.min(wanted, columns - 3 - kept));
    return { ...layout, columns: columns - beside - 3, preview: { columns: beside, rows: free, beside: true } };
  }
  if (rows < (preview === 'wide' ? 12 : 16)) return layout;
  const below = preview === 'wide' ? free - 4 : Math.max(Math.ceil(free * 0.45), Math.min(free - count, 16));
  return { ...layout, list: free - below, preview: { columns, rows: below - 1, beside: false } };
}
