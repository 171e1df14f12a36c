import { type Block, missed, type Row } from './rounds.ts';

/** Where and with what the figures were taken. */
export interface Circumstances {
  date: string;
  machine: string;
  versions: string;
}

const head = ['', 'figure', 'at most', '× find', 'at most', '× node', 'at most', ''];

function amount(figure: number, unit: Row['unit']): string {
  if (unit === '×') return `${figure.toFixed(2)} ×`;
  return `${figure.toFixed(figure < 100 ? 1 : 0)} ${unit}`;
}

/** The cells of a row, the peers' after the verdict. */
function cells(row: Row): string[] {
  const { limits } = row;
  const bounded = Object.keys(limits).length > 0;
  return [
    row.name,
    amount(row.figure, row.unit),
    limits.most === undefined ? '' : amount(limits.most, row.unit),
    row.find?.toFixed(2) ?? '',
    limits.find?.toFixed(2) ?? '',
    row.node?.toFixed(2) ?? '',
    limits.node?.toFixed(2) ?? '',
    bounded ? (missed(row) ? 'MISSED' : 'ok') : '',
    ...row.peers.map((ms) => `${amount(ms, 'ms')} (${(ms / row.figure).toFixed(1)} × wt)`),
  ];
}

/** The peers' columns, where the block has any of their figures. */
function named(block: Block, peers: readonly string[]): string[] {
  return block.rows.some((row) => row.peers.length > 0) ? peers.map((peer) => `vs ${peer}`) : [];
}

/** The result as a table for a terminal. */
export function asText(blocks: readonly Block[], around: Circumstances, peers: readonly string[]): string {
  const lines = [`${around.date} · ${around.machine} · ${around.versions}`];
  for (const block of blocks) {
    const table = [[...head, ...named(block, peers)], ...block.rows.map(cells)];
    const widths = (table[0] ?? []).map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
    lines.push('', block.title);
    for (const row of table) {
      const padded = row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0)));
      lines.push(`  ${padded.join('  ')}`.trimEnd());
    }
  }
  return lines.join('\n');
}

/** The result as Markdown, for the README. */
export function asMarkdown(blocks: readonly Block[], around: Circumstances, peers: readonly string[]): string {
  const lines = [`Measured ${around.date} on ${around.machine}; ${around.versions}.`];
  for (const block of blocks) {
    const columns = [...head, ...named(block, peers)];
    lines.push('', `**${block.title}**`, '', `| ${columns.join(' | ')} |`, `|${columns.map(() => '---|').join('')}`);
    for (const row of block.rows) lines.push(`| ${columns.map((_, at) => cells(row)[at] ?? '').join(' | ')} |`);
  }
  return lines.join('\n');
}
