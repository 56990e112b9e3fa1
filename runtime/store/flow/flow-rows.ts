import type { Bucket, FlowState, Gather, Line, LineSpec, Queue, RateRow, SkipReason } from "./flow-records.js";

/** A run as the algorithms of flow control see it. */
export interface FlowRun extends FlowState {
  /** Its place in the order of insertion. */
  readonly n: number;
  readonly id: string;
  readonly leased: boolean;
  readonly started: boolean;
}

/** A run in the plain queue of its function: those that wait for their time, or for nothing but somebody to execute them. */
export interface DueRun {
  readonly n: number;
  readonly id: string;
  readonly queueAt: number;
  /** Another run waits for its result. */
  readonly isInvoked: boolean;
  /** Null when it belongs to no line. */
  readonly flow: FlowRun | null;
}

/**
 * The rows behind flow control, inside a transaction: what a store must offer so that the algorithms of this folder run
 * on it. Each access is one row or the first of an index; none is proportional to how many wait. Lines, buckets and queues
 * follow from the runs (but for what a throttle remembers): a store that is alone with its file may keep them in memory, one
 * that others write to has rows of them.
 */
export interface FlowRows {
  line(n: number): Line;
  /** The line of this function with this specification; made, with no runs, when it is not there. */
  findLine(functionId: string, spec: LineSpec): Line;
  /** A line that was made for a run that did not come. */
  dropIfUnused(n: number): void;
  /** So many more runs belong to it; with none it goes. */
  addToLine(n: number, runs: 1 | -1): void;

  /** One of which nothing but the state of a throttle is left may be missing here. */
  bucket(key: string): Bucket | null;
  /** The bucket of a throttle. */
  throttled(key: string): Bucket | null;
  /** A bucket of which nothing is left goes: no slot, no queue, and a throttle that has been worked off by `now`. */
  putBucket(bucket: Bucket, now: number): void;
  /** Buckets whose `wakeAt` has come, earliest first; the caller changes it, for each before the next. */
  dueBuckets(now: number, limit: number): Iterable<Bucket>;

  /** All that have a `wakeAt`. */
  timedBuckets(): readonly Bucket[];
  /** When the last claim was, in ms, in this process: a time later than now says that the clock was set back. */
  claimedAt: number;

  queue(n: number): Queue | null;
  putQueue(queue: Queue): void;
  /** Nothing of it but the number of its runs is other than before. */
  resizeQueue(n: number, size: number): void;
  deleteQueue(n: number): void;
  /** Of the queues that may be tried, the one whose turn it is. */
  firstReady(functionId: string): Queue | null;
  /** The functions that have such queues. */
  readyFunctions(): readonly string[];
  /** The first that is blocked on the bucket and has a limit above `held`: by the turn of its function there, then by its own. */
  firstBlocked(bucket: string, held: number): Queue | null;
  /** The first run of a queue, by (place, insertion). */
  head(queue: number): FlowRun | null;
  putFlow(run: FlowRun, flow: FlowState): void;

  /** A number larger than all before. */
  nextTurn(): number;
  /** When a function was served last, as a turn; 0 for never. Also of the plain queue of one, and of one at a bucket (`turnAt`). */
  turnOf(functionId: string): number;
  setTurn(functionId: string, turn: number): void;

  rate(key: string): RateRow | null;
  /** When the start with that number was; where that one is forgotten, the next that is kept. Null when none is. */
  rateStart(key: string, number: number): number | null;
  /** The first three that are kept, by number. */
  firstRateStarts(key: string): readonly { readonly number: number; readonly at: number }[];
  /** All starts under the key may go at `expiresAt`. */
  addRateStart(key: string, start: { number: number; at: number; expiresAt: number }): void;
  deleteRateStart(key: string, number: number): void;

  gather(key: string): Gather | null;
  gatherOf(run: number): Gather | null;
  putGather(gather: Gather): void;
  /** One more event of a run that collects them; `index` counts from 0. */
  addGathered(run: number, index: number, eventId: string): void;
  gathered(run: number): readonly string[];
  /** With the events that were added. */
  deleteGather(key: string): void;

  run(n: number): FlowRun;
  /** Whether a run of the function is in its plain queue whose time has come: it may be one of the same line, and earlier. */
  hasDue(functionId: string, now: number): boolean;
  /** The functions that have such runs. */
  dueFunctions(now: number): readonly string[];
  /** The first such runs, by time and then by insertion: `limit` or more, if there are so many. */
  due(functionId: string, now: number, limit: number): readonly DueRun[];
  /** It may be claimed from then on. */
  moveRun(n: number, queueAt: number): void;
  /** The id of the event that it is for. */
  eventOf(n: number): string;
  /** A run that gathers, and that nobody invoked, is for this event now, and may be claimed from then on. */
  renewRun(n: number, eventId: string, queueAt: number): void;
  /** It is for these events now. */
  giveEvents(n: number, eventIds: readonly [string, ...string[]]): void;
  /** The event is listed with the run. */
  linkEvent(eventId: string, n: number): void;
  /** It ends without having started. */
  skipRun(run: { readonly n: number; readonly id: string }, reason: SkipReason, now: number): void;

  /** The run that holds the singleton key. */
  single(key: string): string | null;
  setSingle(key: string, runId: string | null): void;
  /** The run is to be cancelled, since another one has taken its place. */
  addSuperseded(runId: string): void;
  deleteSuperseded(runId: string): void;
}
