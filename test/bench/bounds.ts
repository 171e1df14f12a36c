/** What a row may cost: multiples of `find`, multiples of `node -e 0`, or an amount in the row's own unit. */
export interface Bound {
  find?: number;
  node?: number;
  most?: number;
}

/** The bounds, by number of sessions and row. A row that isn't here is shown for information only. */
export const bounds: Readonly<Record<number, Readonly<Record<string, Bound>>>> = {
  2000: {
    'greet warm': { find: 2.5, node: 0.6 },
    'list warm': { find: 2.5, node: 0.6 },
    'brief warm': { find: 2.2 },
    'json --all warm': { find: 5 },
    'greet first run ever': { find: 5 },
    'list first run ever': { find: 5 },
    'greet first run: MB read': { most: 15 },
    'greet peak MB': { most: 50 },
    'json --all peak MB': { most: 60 },
  },
  10000: {
    'greet warm': { find: 1.8 },
    'list warm': { find: 1.8 },
    'brief warm': { find: 1.6 },
    'json --all warm': { find: 4 },
    'greet first run ever': { find: 3 },
    'list first run ever': { find: 3 },
    'greet first run: MB read': { most: 30 },
    'greet peak MB': { most: 60 },
    'json --all peak MB': { most: 80 },
  },
};

/** Bounds that hold at every size: one figure against another of the same run. */
export const relations = {
  /** The Node build's warm greeting, milliseconds above `node -e 0`. */
  nodeBuild: 25,
  /** After one transcript grew, or 50 appeared: at most this many times the warm figure beside it. */
  changed: 1.2,
  /** A transcript of 500 MB against one of 500 KB: the same, with 10 % for the noise of the clock. */
  giant: 1.1,
  /** How much a warm figure grows from the smaller home to the larger, over how much `find` does. */
  growth: 1,
} as const;

/** The sizes of the homes, in sessions. */
export const sizes = { full: [200, 2000, 10_000], quick: [200, 2000] } as const;
