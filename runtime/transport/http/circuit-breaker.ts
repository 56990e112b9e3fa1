/** Consecutive calls that found nobody, after which an application is let alone for a while. */
const tolerated = 5;
const shortestPauseMs = 1_000;
const longestPauseMs = 30_000;

/**
 * Decides whether an application is called. After 5 calls in a row that found nobody it is let alone for 1 s, then one
 * call tries; while that fails, too, the pauses double up to 30 s.
 */
export class CircuitBreaker {
  #failures = 0;
  #openUntil = 0;
  #probing = false;

  /** Null: call it. Else when to ask again, in ms since 1970. */
  refusal(now: number): number | null {
    if (this.#failures < tolerated) return null;
    if (now < this.#openUntil) return this.#openUntil;
    if (this.#probing) return now + shortestPauseMs;
    this.#probing = true;
    return null;
  }

  /** The application has answered, whatever it said. */
  reached(): void {
    this.#failures = 0;
    this.#probing = false;
  }

  missed(now: number): void {
    this.#failures++;
    this.#probing = false;
    if (this.#failures < tolerated) return;
    const pause = shortestPauseMs * 2 ** Math.min(this.#failures - tolerated, 10);
    this.#openUntil = now + Math.min(pause, longestPauseMs);
  }

  /** The call was given up by the caller: nothing is known. */
  abandoned(): void {
    this.#probing = false;
  }
}
