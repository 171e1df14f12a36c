/** The user's request can't be met: one sentence that says what to do, exit status 1 unless told otherwise. */
export class UserError extends Error {
  readonly status: number;
  constructor(message: string, status = 1) {
    super(message);
    this.status = status;
  }
}

/** The command line can't be understood: the sentence, then a usage line, exit status 2. */
export class UsageError extends UserError {
  readonly usage: string;
  constructor(message: string, usage: string) {
    super(message, 2);
    this.usage = usage;
  }
}

/** The user said no or pressed Ctrl-C: nothing is printed, exit status 130. */
export class Cancelled extends Error {}
