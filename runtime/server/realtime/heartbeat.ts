/** How often connections that carry nothing are shown to be alive, in ms: below the idle time of usual proxies. */
const everyMs = 30_000;

/** One timer for all connections, and none where there are none. */
export class Heartbeat {
  readonly #beats = new Set<() => void>();
  #timer: NodeJS.Timeout | null = null;

  /** Calls `beat` now and then until the returned function is called. */
  add(beat: () => void): () => void {
    this.#beats.add(beat);
    this.#timer ??= setInterval(() => this.beat(), everyMs).unref();
    return () => {
      this.#beats.delete(beat);
      if (this.#beats.size > 0 || !this.#timer) return;
      clearInterval(this.#timer);
      this.#timer = null;
    };
  }

  beat(): void {
    for (const beat of [...this.#beats]) beat();
  }
}
