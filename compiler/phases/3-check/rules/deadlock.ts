import { spanAt } from "../../2-model/folded.js";
import type { AppModel, FunctionModel, StepSite } from "../../2-model/model.js";
import type { Span } from "../../2-model/span.js";
import { readFunctionConfig } from "../config-problems.js";
import { readMember } from "../read-member.js";
import { type Finding, labelSpan } from "../rule.js";
import { listAllSteps } from "../visit-steps.js";

/**
 * A run that holds a slot waits for another run that needs the same slot. Slots that are only held while a step
 * executes are free in a wait, so what counts is `unit: "run"` and `singleton`.
 */
export function findDeadlocks(model: AppModel): Finding[] {
  const waits = model.functions.map((fn, index) => listWaits(model, fn, index));
  return model.functions.flatMap((fn, index) =>
    listSlots(fn, index).flatMap((slot): Finding[] => {
      const path = findPath(model, waits, index, slot.name);
      return path ? [describe(model, fn, slot, path)] : [];
    }),
  );
}

interface Slot {
  /** Runs of all functions that have a slot of this name count together. */
  readonly name: string;
  readonly limit: number;
  readonly keyed: boolean;
  readonly singleton: "skip" | "cancel" | null;
  readonly span: Span;
}

/** What one run of the function holds from its start to its end. */
function listSlots(fn: FunctionModel, index: number): Slot[] {
  const { singleton, concurrency } = readFunctionConfig(fn).config;
  const isList = Array.isArray(readMember(fn.config.value, "concurrency"));
  const slots = concurrency.flatMap(({ limit, key, scope, unit }, place): Slot[] => {
    if (unit !== "run") return [];
    const name = scope === "fn" ? `run ${index} ${place}` : `${scope} ${key?.source ?? ""}`;
    // A key that reads nothing of the event is one value.
    const keyed = key !== undefined && /\bevent\b/.test(key.source);
    const span = spanAt(fn.config, isList ? ["concurrency", place] : ["concurrency"]);
    return [{ name, limit, keyed, singleton: null, span }];
  });
  if (!singleton) return slots;
  const span = spanAt(fn.config, ["singleton"]);
  const keyed = singleton.key !== undefined;
  return [...slots, { name: `singleton ${index}`, limit: 1, keyed, singleton: singleton.mode, span }];
}

/** A step of one function that goes on only when a run of another one has done something. */
interface Wait {
  readonly site: StepSite;
  readonly target: number;
  /** The target has to send an event, which it may have done before; an invoked run starts only now. */
  readonly forEvent: boolean;
}

function listWaits(model: AppModel, fn: FunctionModel, owner: number): Wait[] {
  return listAllSteps(fn.handler?.steps ?? []).flatMap((site): Wait[] => {
    const { target } = site;
    if (site.awaited === "no") return [];
    if (target?.kind === "function") {
      const index = target.function ?? model.functions.findIndex(({ id }) => id !== null && id === target.id);
      return index >= 0 ? [{ site, target: index, forEvent: false }] : [];
    }
    if (target?.kind !== "event" || target.name === null) return [];
    const sender = findOnlySender(model, target.name);
    return sender === null || sender === owner ? [] : [{ site, target: sender, forEvent: true }];
  });
}

/** The only function that sends an event; null when it may come from anywhere else. */
function findOnlySender(model: AppModel, name: string): number | null {
  if (model.sends.some((send) => send.name === null)) return null;
  const senders = new Set(model.sends.filter((send) => send.name === name).map((send) => send.function));
  const [sender] = senders;
  return senders.size === 1 && sender !== undefined ? sender : null;
}

/** The shortest chain of waits from a function to one whose runs need the slot. */
function findPath(
  model: AppModel,
  waits: readonly (readonly Wait[])[],
  start: number,
  slot: string,
): readonly Wait[] | null {
  const seen = new Set<number>();
  let paths: Wait[][] = [[]];
  while (paths.length > 0) {
    const longer: Wait[][] = [];
    for (const path of paths) {
      for (const wait of waits[path.at(-1)?.target ?? start] ?? []) {
        const target = model.functions[wait.target];
        if (!target || seen.has(wait.target)) continue;
        seen.add(wait.target);
        if (listSlots(target, wait.target).some(({ name }) => name === slot)) return [...path, wait];
        longer.push([...path, wait]);
      }
    }
    paths = longer;
  }
  return null;
}

function describe(model: AppModel, fn: FunctionModel, slot: Slot, path: readonly Wait[]): Finding {
  const [first, ...others] = path;
  const last = path.at(-1);
  const nameOf = (index: number | undefined): string => {
    const id = index === undefined ? null : model.functions[index]?.id;
    return id ? `\`${id}\`` : "the function";
  };
  const isCertain = slot.limit === 1 && !path.some(({ forEvent }) => forEvent);
  return {
    // Whether two runs have the same key is not known; they often have not.
    ...((slot.keyed || !isCertain) && { severity: slot.keyed ? "info" : "warning" }),
    message: describeOutcome(slot, `\`${fn.id ?? "the function"}\``, nameOf(last?.target)),
    span: first?.site.span ?? fn.span,
    ...(first?.forEvent && { label: `${nameOf(first.target)} sends this event` }),
    related: [
      ...others.map(({ site, target }) => labelSpan(site.span, `which waits for ${nameOf(target)}`)),
      labelSpan(slot.span, slot.singleton ? "one run exists at a time" : "held from the start of a run to its end"),
    ],
    help: slot.singleton
      ? "send an event instead of waiting, or do the work in a helper that this run calls"
      : 'leave `unit: "run"` out (a waiting run then holds no slot), or give the other function a limit of its own',
    through: first?.site.through ?? [],
    waivedAt: [slot.span],
  };
}

function describeOutcome({ limit, keyed, singleton }: Slot, holder: string, needed: string): string {
  const when = keyed ? " with the same key" : "";
  if (singleton === "skip") return `a run of ${needed}${when} is skipped: ${holder} waits for it and is a singleton`;
  if (singleton === "cancel") return `a run of ${needed}${when} cancels the run of ${holder} that waits for it`;
  if (limit === 1) return `${holder} holds the only slot${when} that the run of ${needed} it waits for needs`;
  return `${limit} runs of ${holder}${when} hold all slots that the runs of ${needed} they wait for need`;
}
