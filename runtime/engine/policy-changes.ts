/** What deployments that change a policy make of the runs that wait and of those that come later, as a table. */

export interface PolicyChange {
  readonly of: string;
  readonly before: object;
  readonly after: object;
  /** Of events that are sent at `at` s, or 0: each `data`, numbered from 0 in `n`. */
  readonly events: readonly { readonly at?: number; readonly [name: string]: unknown }[];
  /** When it is deployed, after the events, in s. */
  readonly deployAt: number;
  /** Sent at once after the deployment. */
  readonly later?: readonly object[];
  /** The starts in their order: second, and the numbers of the events of the run. Each run takes 10 s. */
  readonly starts: readonly (readonly [number, ...number[]])[];
  readonly skipped?: number;
  readonly cancelled?: number;
}

const plain = (count: number): Record<string, never>[] => Array.from({ length: count }, () => ({}));
const whole = (limit: number, key?: string) => ({ concurrency: { limit, unit: "run", ...(key && { key }) } });
const users = [{ user: "a" }, { user: "a" }, { user: "b" }, { user: "b" }];

export const policyChanges: readonly PolicyChange[] = [
  {
    of: "a higher limit of concurrency",
    before: whole(1),
    after: whole(3),
    events: plain(5),
    deployAt: 5,
    starts: [
      [0, 0],
      [5, 1],
      [5, 2],
      [10, 3],
      [15, 4],
    ],
  },
  {
    of: "a lower limit of concurrency",
    before: whole(3),
    after: whole(1),
    events: plain(6),
    deployAt: 5,
    starts: [
      [0, 0],
      [0, 1],
      [0, 2],
      [10, 3],
      [20, 4],
      [30, 5],
    ],
  },
  {
    // What executes has its slot under the new key from then on.
    of: "concurrency that gets a key",
    before: whole(1),
    after: whole(1, "event.data.user"),
    events: users,
    deployAt: 5,
    starts: [
      [0, 0],
      [5, 2],
      [10, 1],
      [15, 3],
    ],
  },
  {
    // Two execute: the limit has room again when both have ended.
    of: "concurrency that loses its key",
    before: whole(1, "event.data.user"),
    after: whole(1),
    events: users,
    deployAt: 5,
    later: [{ user: "c" }],
    starts: [
      [0, 0],
      [0, 2],
      [10, 1],
      [20, 3],
      [30, 4],
    ],
  },
  {
    of: "another key of concurrency, shared with other functions",
    before: whole(1, "event.data.user"),
    after: { concurrency: { limit: 1, unit: "run", scope: "env", key: "event.data.shop" } },
    events: [
      { user: "a", shop: "x" },
      { user: "b", shop: "x" },
      { user: "b", shop: "y" },
      { user: "a", shop: "y" },
    ],
    deployAt: 5,
    starts: [
      [0, 0],
      [0, 1],
      [5, 2],
      [15, 3],
    ],
  },
  {
    of: "concurrency of steps that becomes one of whole runs",
    before: { concurrency: 1 },
    after: whole(2),
    events: plain(4),
    deployAt: 5,
    starts: [
      [0, 0],
      [0, 1],
      [0, 2],
      [0, 3],
    ],
  },
  {
    of: "a singleton that is new, and its key",
    before: whole(9),
    after: { singleton: { mode: "skip", key: "event.data.user" } },
    events: [{ user: "a" }, { user: "a" }],
    deployAt: 5,
    later: [{ user: "a" }, { user: "b" }],
    starts: [
      [0, 0],
      [0, 1],
      [5, 3],
    ],
    skipped: 1,
  },
  {
    of: "concurrency that is removed",
    before: whole(1),
    after: {},
    events: plain(4),
    deployAt: 5,
    starts: [
      [0, 0],
      [5, 1],
      [5, 2],
      [5, 3],
    ],
  },
  {
    // The interval that has begun ends as it would have; the next one is of the new length.
    of: "a longer period of a throttle",
    before: { throttle: { limit: 1, period: "10s" } },
    after: { throttle: { limit: 1, period: "20s" } },
    events: plain(4),
    deployAt: 15,
    starts: [
      [0, 0],
      [10, 1],
      [20, 2],
      [40, 3],
    ],
  },
  {
    // What is left of the old interval is cut to one of the new length, from the deployment on.
    of: "a shorter period of a throttle",
    before: { throttle: { limit: 1, period: "1h" } },
    after: { throttle: { limit: 1, period: "20s" } },
    events: plain(4),
    deployAt: 15,
    starts: [
      [0, 0],
      [35, 1],
      [55, 2],
      [75, 3],
    ],
  },
  {
    of: "a shorter period of a rate limit",
    before: { rateLimit: { limit: 1, period: "1h" } },
    after: { rateLimit: { limit: 1, period: "10s" } },
    events: plain(2),
    deployAt: 20,
    later: plain(2),
    starts: [
      [0, 0],
      [20, 2],
    ],
    skipped: 2,
  },
  {
    of: "a higher limit of a rate limit",
    before: { rateLimit: { limit: 1, period: "1h" } },
    after: { rateLimit: { limit: 2, period: "1h" } },
    events: plain(2),
    deployAt: 20,
    later: plain(2),
    starts: [
      [0, 0],
      [20, 2],
    ],
    skipped: 2,
  },
  {
    // The starts of before count, also those that the old limit had no use for any more.
    of: "a longer period of a rate limit, and a higher limit",
    before: { rateLimit: { limit: 1, period: "10s" } },
    after: { rateLimit: { limit: 4, period: "1h" } },
    events: [{ at: 0 }, { at: 12 }, { at: 14 }, { at: 24 }],
    deployAt: 40,
    later: plain(2),
    starts: [
      [0, 0],
      [12, 1],
      [24, 3],
      [40, 4],
    ],
    skipped: 2,
  },
  {
    of: "a longer period of a rate limit under keys",
    before: { rateLimit: { limit: 1, period: "10s", key: "event.data.user" } },
    after: { rateLimit: { limit: 2, period: "40s", key: "event.data.user" } },
    events: [
      { at: 0, user: "a" },
      { at: 12, user: "a" },
      { at: 24, user: "b" },
      { at: 36, user: "a" },
    ],
    deployAt: 50,
    later: [{ user: "a" }, { user: "b" }, { user: "b" }],
    starts: [
      [0, 0],
      [12, 1],
      [24, 2],
      [36, 3],
      [50, 5],
    ],
    skipped: 2,
  },
  {
    of: "a shorter period of a debounce",
    before: { debounce: { period: "1h" } },
    after: { debounce: { period: "20s" } },
    events: plain(3),
    deployAt: 5,
    starts: [[20, 2]],
  },
  {
    of: "a longer period of a debounce",
    before: { debounce: { period: "10s" } },
    after: { debounce: { period: "30s" } },
    events: plain(3),
    deployAt: 5,
    later: plain(1),
    starts: [[35, 3]],
  },
  {
    of: "a debounce that is removed",
    before: { debounce: { period: "1h" } },
    after: {},
    events: plain(3),
    deployAt: 5,
    later: plain(1),
    starts: [
      [5, 2],
      [5, 3],
    ],
  },
  {
    of: "a smaller batch",
    before: { batchEvents: { maxSize: 9, timeout: "1h" } },
    after: { batchEvents: { maxSize: 2, timeout: "1h" } },
    events: plain(3),
    deployAt: 5,
    later: plain(2),
    starts: [
      [5, 0, 1, 2],
      [5, 3, 4],
    ],
  },
  {
    of: "a larger batch with a shorter timeout",
    before: { batchEvents: { maxSize: 3, timeout: "1h" } },
    after: { batchEvents: { maxSize: 9, timeout: "20s" } },
    events: plain(2),
    deployAt: 5,
    later: plain(2),
    starts: [[20, 0, 1, 2, 3]],
  },
  {
    of: "a singleton that skips and now replaces",
    before: { singleton: { mode: "skip" } },
    after: { singleton: { mode: "cancel" } },
    events: plain(2),
    deployAt: 5,
    later: plain(1),
    starts: [
      [0, 0],
      [5, 2],
    ],
    skipped: 1,
    cancelled: 1,
  },
  {
    of: "a singleton that replaces and now skips",
    before: { singleton: { mode: "cancel" } },
    after: { singleton: { mode: "skip" } },
    events: plain(1),
    deployAt: 5,
    later: plain(1),
    starts: [[0, 0]],
    skipped: 1,
  },
  {
    of: "a priority",
    before: whole(1),
    after: { ...whole(1), priority: { run: "event.data.rank" } },
    events: [{ rank: 0 }, { rank: 0 }, { rank: 100 }, { rank: 200 }],
    deployAt: 5,
    starts: [
      [0, 0],
      [10, 3],
      [20, 2],
      [30, 1],
    ],
  },
  {
    of: "a priority that is removed",
    before: { ...whole(1), priority: { run: "event.data.rank" } },
    after: whole(1),
    events: [{ rank: 0 }, { rank: 0 }, { rank: 100 }, { rank: 200 }],
    deployAt: 5,
    starts: [
      [0, 0],
      [10, 1],
      [20, 2],
      [30, 3],
    ],
  },
];
