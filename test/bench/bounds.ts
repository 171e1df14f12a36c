/** What a row may cost: multiples of `find`, multiples of `node -e 0`, or an amount in the row's own unit. */
export interface Bound {
  find?: number;
  node?: number;
  most?: number;
}

/**
 * The bounds, by number of sessions and row: of what somebody waits for. A row that isn't here is shown for information
 * only.
 */
export const bounds: Readonly<Record<number, Readonly<Record<string, Bound>>>> = {
  2000: {
    'greet warm': { find: 2.3 },
    'list warm': { find: 2.4 },
    'brief warm': { find: 2.1 },
    'json --all warm': { find: 7.5 },
    'greet first run ever': { find: 4 },
    'greet peak MB': { most: 60 },
    'find warm': { find: 3 },
    'find first run ever': { find: 45 },
    'find peak MB': { most: 80 },
    'find first run: peak MB': { most: 100 },
  },
  10000: {
    'greet warm': { find: 1.2 },
    'list warm': { find: 1.35 },
    'brief warm': { find: 1.15 },
    'json --all warm': { find: 6.5 },
    'greet first run ever': { find: 3.5 },
    'greet peak MB': { most: 60 },
  },
};

/** Bounds that hold at every size: one figure against another of the same run. */
export const relations = {
  /** After one transcript grew: at most this many times the warm figure beside it. After 50 appeared it is shown: reading them is the work. */
  changed: 1.25,
  /** The same for a search. */
  searched: 1.2,
  /** A transcript of 500 MB against one of 500 KB: the same, with 10 % for the noise of the clock. */
  giant: 1.1,
} as const;

/** The sizes of the homes, in sessions. */
export const sizes = { full: [200, 2000, 10_000], quick: [200, 2000] } as const;
