/** Events in the order in which they came. */
export class Mailbox<T> {
  private letters: T[] = [];
  private wake = () => {};

  put(letter: T): void {
    this.letters.push(letter);
    this.wake();
  }

  isEmpty(): boolean {
    return this.letters.length === 0;
  }

  /** The next one; waits for it. */
  async next(): Promise<T> {
    if (this.isEmpty()) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.letters.shift()!;
  }
}
