import { saying } from '../../core/facts.ts';
import type { Findings } from './facts.ts';
import type { Bookkeeping } from './record.ts';
import { stems } from './skim.ts';

/** Claude Code 2.0.76 was seen to write 14 summaries of other sessions into one file. */
const mostSummaries = 24;

/** A summary, and the record that it is about. */
export interface Summary {
  text: string;
  leaf: string;
}

/** What a transcript's bookkeeping says of its session: of each kind the last record counts, so the first one from behind. */
export class Books {
  private customTitle: string | null = null;
  private aiTitle: string | null = null;
  private lastPromptRecord: string | null = null;
  private worktree: string | null = null;
  private relocatedCwd: string | null = null;
  private repository: string | null = null;
  /** Last in the file first. */
  private readonly summaries: Summary[] = [];
  private readonly headSummaries: Summary[] = [];

  /** Takes the next earlier record. */
  note(record: Exclude<Bookkeeping, { kind: 'queue' | 'continued-in' }>): void {
    switch (record.kind) {
      case 'custom-title':
        this.customTitle ??= saying(record.text);
        break;
      case 'ai-title':
        this.aiTitle ??= saying(record.text);
        break;
      case 'last-prompt':
        this.lastPromptRecord ??= saying(record.text);
        break;
      case 'summary':
        if (this.summaries.length < mostSummaries) this.summaries.push(record);
        break;
      case 'relocated':
        this.relocatedCwd ??= record.cwd;
        break;
      case 'worktree':
        this.worktree ??= record.path;
        this.repository ??= record.repository;
        break;
    }
  }

  /** Takes the next summary from the beginning. */
  noteHead(summary: Summary): void {
    this.headSummaries.unshift(summary);
  }

  /** Whether no further record of this type can say anything. */
  has(type: string): boolean {
    switch (type) {
      case 'custom-title':
        return this.customTitle !== null;
      case 'ai-title':
        return this.aiTitle !== null;
      case 'last-prompt':
        return this.lastPromptRecord !== null;
      case 'summary':
        return this.summaries.length >= mostSummaries;
      default:
        return false;
    }
  }

  /** Whether no further record at the beginning can say anything. */
  hasHead(): boolean {
    return this.headSummaries.length >= mostSummaries;
  }

  /** The words of records further back that can still say something. */
  lacking(): string[] {
    const words: string[] = [stems.relocated, stems.worktree];
    if (this.customTitle === null || this.aiTitle === null) words.push(stems.titles);
    if (this.lastPromptRecord === null) words.push(stems.lastPrompt);
    if (this.summaries.length < mostSummaries) words.push(stems.summary);
    return words;
  }

  /** Whether there is a title that stands above any summary. */
  get isTitled(): boolean {
    return this.customTitle !== null || this.aiTitle !== null;
  }

  /** All summaries that were met, last in the file first. */
  allSummaries(): Summary[] {
    return [...this.summaries, ...this.headSummaries];
  }

  /** What was noted, but for which of the summaries is the file's own. */
  findings(): Pick<
    Findings,
    'customTitle' | 'aiTitle' | 'lastPromptRecord' | 'hasSummaries' | 'worktree' | 'relocatedCwd' | 'repository'
  > {
    const { customTitle, aiTitle, lastPromptRecord, worktree, relocatedCwd, repository } = this;
    const hasSummaries = this.allSummaries().length > 0;
    return { customTitle, aiTitle, lastPromptRecord, hasSummaries, worktree, relocatedCwd, repository };
  }
}
