import { createHash } from "node:crypto";
import { type Cron, nextTick, previousTick } from "../../manifest/cron.js";
import type { Trigger } from "../../manifest/manifest.js";
import type { Outcome, Transition, Write } from "../../store/store.js";
import type { Clock } from "../clock.js";
import type { Committer } from "../committer.js";
import type { LoadedApplication, LoadedFunction } from "../load-application.js";

type CronTrigger = Trigger & { kind: "cron" };

interface Schedule {
  readonly id: string;
  readonly fn: LoadedFunction;
  readonly trigger: CronTrigger;
  readonly cron: Cron;
  nextAt: number;
  cancel: (() => void) | null;
}

export interface CronServices {
  readonly clock: Clock;
  readonly committer: Committer;
  /** Plans the run of one tick, not to begin before `startAt`. */
  planTick(
    fn: LoadedFunction,
    trigger: CronTrigger,
    tick: number,
    startAt: number,
  ): { readonly writes: readonly Write[]; readonly committed: (outcome: Outcome) => void };
  notice(code: string, message: string): void;
}

/** More ticks than this are not made up for, even with `catchup: "all"`. */
const mostMissedTicks = 1_000;

/** Fires cron triggers: each tick once, over all processes, since the schedule's row moves on in the same transition. */
export class CronTimers {
  #schedules: Schedule[] = [];

  constructor(readonly services: CronServices) {}

  /** Takes over the stored schedules: keeps those of the application, makes new ones, deletes the rest. */
  async start(app: LoadedApplication): Promise<void> {
    this.stop();
    const { clock, committer } = this.services;
    const stored = new Map((await committer.store.schedules.list()).map((row) => [row.id, row]));
    const writes: Write[] = [];
    const now = clock.now();
    for (const [id, fn, trigger] of cronTriggers(app)) {
      const cron = { expression: trigger.expression, timezone: trigger.timezone };
      const row = stored.get(id);
      stored.delete(id);
      const known = row?.expression === trigger.source;
      const nextAt = known ? row.nextAt : nextTick(cron, now);
      if (!known) writes.push({ kind: "schedule", id, expression: trigger.source, nextAt });
      this.#schedules.push({ id, fn, trigger, cron, nextAt, cancel: null });
    }
    for (const row of stored.values())
      writes.push({ kind: "schedule", id: row.id, expression: row.expression, nextAt: null });
    if (writes.length > 0) {
      await new Promise<void>((resolve, reject) => {
        committer.submit({ guards: [], writes }, () => resolve(), reject);
      });
    }
    for (const schedule of this.#schedules) this.#arm(schedule);
  }

  stop(): void {
    for (const schedule of this.#schedules) schedule.cancel?.();
    this.#schedules = [];
  }

  #arm(schedule: Schedule): void {
    const { clock } = this.services;
    schedule.cancel = clock.after(schedule.nextAt - clock.now(), () => {
      // A timer cannot be longer than 24 days: it may be too early.
      if (clock.now() < schedule.nextAt) this.#arm(schedule);
      else this.#fire(schedule);
    });
  }

  #fire(schedule: Schedule): void {
    const { clock, committer } = this.services;
    const { id, fn, trigger, cron, nextAt } = schedule;
    const now = clock.now();
    const ticks = ticksToFire(trigger, cron, nextAt, now);
    const following = nextTick(cron, now);
    const plans = ticks.map((tick) => this.services.planTick(fn, trigger, tick, tick + jitterOf(fn, trigger, tick)));
    const transition: Transition = {
      guards: [{ kind: "schedule", id, nextAt }],
      writes: [
        { kind: "schedule", id, expression: trigger.source, nextAt: following },
        ...plans.flatMap((plan) => plan.writes),
      ],
    };
    schedule.nextAt = following;
    committer.submit(transition, (outcome) => {
      if (outcome.ok) {
        for (const plan of plans) plan.committed(outcome);
        if (ticks.length === mostMissedTicks) this.#tellLeftOut(schedule, ticks.at(-1)!, now);
      }
      if (this.#schedules.includes(schedule)) this.#arm(schedule);
    });
  }

  #tellLeftOut({ fn, trigger, cron }: Schedule, lastMadeUp: number, now: number): void {
    if (nextTick(cron, lastMadeUp) > now) return;
    const since = new Date(lastMadeUp).toISOString();
    const made = `${mostMissedTicks} missed ticks of \`${trigger.source}\` of \`${fn.fullId}\` are made up for`;
    this.services.notice("missed-ticks-left-out", `${made}, those after ${since} are not`);
  }
}

function* cronTriggers(app: LoadedApplication): Generator<[string, LoadedFunction, CronTrigger]> {
  for (const fn of app.functions.values()) {
    for (const [index, trigger] of fn.triggers.entries()) {
      if (trigger.kind === "cron") yield [`${fn.fullId}#${index}`, fn, trigger];
    }
  }
}

/** The ticks from `nextAt` to `now` that are made up for. The newest is not missed unless a minute has passed. */
function ticksToFire(trigger: CronTrigger, cron: Cron, nextAt: number, now: number): number[] {
  const last = previousTick(cron, now);
  switch (trigger.catchup) {
    case "last":
      return [Math.max(last, nextAt)];
    case "none":
      return now - last < 60_000 ? [Math.max(last, nextAt)] : [];
    case "all": {
      const ticks = [nextAt];
      for (
        let tick = nextTick(cron, nextAt);
        tick <= now && ticks.length < mostMissedTicks;
        tick = nextTick(cron, tick)
      ) {
        ticks.push(tick);
      }
      return ticks;
    }
  }
}

/** The same for a function and tick in every process. */
function jitterOf(fn: LoadedFunction, trigger: CronTrigger, tick: number): number {
  if (trigger.jitterMs === 0) return 0;
  const digest = createHash("sha256").update(`${fn.fullId}@${tick}`).digest();
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * trigger.jitterMs);
}
