/** Names what a request spends its time on, for the `server-timing` header (https://www.w3.org/TR/server-timing/). */
export class ServerTiming {
  readonly #entries: string[] = [];

  constructor(readonly now: () => number) {}

  async measure<T>(name: string, work: () => Promise<T>): Promise<T> {
    const begin = this.now();
    try {
      return await work();
    } finally {
      this.#entries.push(`${name};dur=${this.now() - begin}`);
    }
  }

  get header(): string {
    return this.#entries.join(", ");
  }
}
