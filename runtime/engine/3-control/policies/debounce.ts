/** One run `periodMs` after the last event, not later than `timeoutMs` after the first. */
export interface Debounce {
  readonly kind: "debounce";
  readonly periodMs: number;
  readonly timeoutMs: number | null;
  /** The run gets all events, not only the newest. */
  readonly collect: boolean;
}

export interface DebounceState {
  /** When the first and the last event of this run came, in ms. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The largest `ts` so far: the event that the run is for. */
  readonly newestTs: number;
}

export interface Merged {
  readonly state: DebounceState;
  /** When the run starts if nothing more comes, in ms. */
  readonly dueAt: number;
  /** This event is the one that the run is for, so far. */
  readonly isNewest: boolean;
}

/** Another event under the key; `state` is null for the first. Of equal `ts` the later event is the newer. */
export function mergeEvent(debounce: Debounce, state: DebounceState | null, ts: number, now: number): Merged {
  const isNewest = state === null || ts >= state.newestTs;
  const next: DebounceState = {
    firstAt: state?.firstAt ?? now,
    lastAt: now,
    newestTs: isNewest ? ts : state.newestTs,
  };
  return { state: next, dueAt: debounceDueAt(debounce, next), isNewest };
}

/** Also after a deployment that has changed the times. */
export function debounceDueAt({ periodMs, timeoutMs }: Debounce, { firstAt, lastAt }: DebounceState): number {
  const due = lastAt + periodMs;
  return timeoutMs === null ? due : Math.min(due, Math.max(firstAt + timeoutMs, firstAt));
}
