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
  const slots = model.functions.map(listSlots);
  if (slots.every(({ length }) => length === 0)) return [];
  const targets = indexTargets(model);
  const waits = model.functions.map((fn, index) => listWaits(targets, fn, index));
  return model.functions.flatMap((fn, index) =>
    (slots[index] ?? []).flatMap((slot): Finding[] => {
      const path = findPath(slots, waits, index, slot.name);
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

/** Whom the steps of functions wait for. */
interface Targets {
  readonly byId: ReadonlyMap<string, number>;
  /** By event, the only function that sends it; null when it may come from anywhere else. */
  readonly onlySender: ReadonlyMap<string, number | null>;
}

function indexTargets({ functions, sends }: AppModel): Targets {
  const byId = new Map<string, number>();
  functions.forEach(({ id }, index) => {
    if (id !== null && !byId.has(id)) byId.set(id, index);
  });
  const onlySender = new Map<string, number | null>();
  // What is sent under a name that is not known may be any event.
  if (sends.some(({ name }) => name === null)) return { byId, onlySender };
  for (const { name, function: sender } of sends) {
    if (name === null) continue;
    const known = onlySender.get(name);
    onlySender.set(name, known === undefined || known === sender ? sender : null);
  }
  return { byId, onlySender };
}

function listWaits({ byId, onlySender }: Targets, fn: FunctionModel, owner: number): Wait[] {
  return listAllSteps(fn.handler?.steps ?? []).flatMap((site): Wait[] => {
    const { target } = site;
    if (site.awaited === "no") return [];
    if (target?.kind === "function") {
      const index = target.function ?? (target.id === null ? undefined : byId.get(target.id));
      return index === undefined ? [] : [{ site, target: index, forEvent: false }];
    }
    if (target?.kind !== "event" || target.name === null) return [];
    const sender = onlySender.get(target.name) ?? null;
    return sender === null || sender === owner ? [] : [{ site, target: sender, forEvent: true }];
  });
}

/** The shortest chain of waits from a function to one whose runs need the slot. */
function findPath(
  slots: readonly (readonly Slot[])[],
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
        if (seen.has(wait.target)) continue;
        seen.add(wait.target);
        if (slots[wait.target]?.some(({ name }) => name === slot)) return [...path, wait];
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
