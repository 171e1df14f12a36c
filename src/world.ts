/** Everything that wt takes from outside, read once at the start and passed down; tests build their own. */
export interface World {
  env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch, when wt started: one answer has one now. */
  now: number;
  /** The folder that wt was started in; read when asked, for it may be gone. */
  cwd(): string;
  home: string;
  folders: OwnFolders;
  /** A dry run: nothing is written, not even what only saves time. */
  dryRun?: boolean;
  /** Somebody waits at a login or a prompt: nobody who has to be asked is waited for longer than that allows. */
  isHurried?: boolean;
  /** Standard output: whether it is a terminal, its width in cells, what it can show. */
  screen: Screen;
}

/** Where wt keeps what is its own. */
export interface OwnFolders {
  cache: string;
  runtime: string;
  state: string;
  archive: string;
}

export interface Screen {
  terminal: boolean;
  /** Cells in a line. */
  columns: number;
  colour: boolean;
  utf8: boolean;
}
