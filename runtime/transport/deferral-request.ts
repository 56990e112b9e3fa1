/** A run that a handler asks for, to begin when its own has ended. */
export interface DeferralRequest {
  /** What the handler calls it; unique within the run. */
  readonly id: string;
  /** The wire form of the id. */
  readonly hash: string;
  /** The full id: `<app>-<function>`. */
  readonly functionId: string;
  /** Its data: what is no object is refused. */
  readonly input: unknown;
  /** Goes with the event that the other run gets. */
  readonly meta: unknown;
}

/** What has become of one that was asked for. */
export interface KnownDeferral {
  readonly hash: string;
  /** It can still be taken back. */
  readonly abortable: boolean;
}

/**
 * The deferred runs of a run. Nothing here fails the run: one that cannot be is refused, and the runtime tells of it. The
 * promises resolve when it is stored; true where something has changed.
 */
export interface DeferralHost {
  readonly known: readonly KnownDeferral[];
  /** An id that was asked for before changes nothing. */
  add(request: DeferralRequest): Promise<boolean>;
  /** One that is not known, or not pending, changes nothing. */
  abort(hash: string): Promise<boolean>;
}
