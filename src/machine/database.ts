/** A SQLite database that is only read. */
export interface Database {
  /** The rows of a query, with its `?` filled in. Throws what SQLite does: for a torn database, or one of another shape. */
  rows(query: string, ...values: (string | number)[]): Record<string, unknown>[];
  close(): void;
}
