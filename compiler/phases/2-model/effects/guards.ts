import { clean, type Taint } from "./taint.js";

interface Guard {
  readonly taint: Taint;
  /** A step that depends on it was met; one is enough to say so. */
  met: boolean;
}

/** What decides whether the code at hand runs: the conditions around it, and those that could have ended it before. */
export class Guards {
  private guards: Guard[] = [];

  get none(): boolean {
    return this.guards.length === 0;
  }

  /** `end`: how `walk` ends the function or the turn; then what comes after depends on the condition as well. */
  within(taint: Taint, end: "throw" | "leave" | null, walk: () => void): void {
    const guard = { taint, met: false };
    if (taint.length > 0) this.guards.push(guard);
    walk();
    if (end === "leave") return;
    this.guards = this.guards.filter((other) => other !== guard);
    // A setting that is missing is missing for good.
    const lasting = end === "throw" ? taint.filter(({ kind }) => kind !== "environment") : clean;
    if (lasting.length > 0) this.guards.push({ taint: lasting, met: guard.met });
  }

  /** A `return` in `walk` ends only that. */
  ofFunction(walk: () => void): void {
    const before = this.guards.length;
    walk();
    this.guards.length = Math.min(this.guards.length, before);
  }

  /** What a step that is met here depends on, and no step before it. */
  meet(): Taint[] {
    const fresh = this.guards.filter((guard) => !guard.met);
    for (const guard of fresh) guard.met = true;
    return fresh.map(({ taint }) => taint);
  }
}
