import type { AppModel, FunctionModel, SendSite, StepNode } from "../../2-model/model.js";
import { findCyclicComponents } from "../cyclic-components.js";
import { type Finding, labelSpan } from "../rule.js";
import { isConditional, listSteps } from "../visit-steps.js";

/** A longer way is told by its beginning and its end. */
const mostNamed = 8;
/** Of functions that all reach each other; who has broken some of these sees the next. */
const mostCycles = 10;

/** Functions that start each other again and again: A sends what starts B, and B sends what starts A. */
export function findEventCycles(model: AppModel): Finding[] {
  const started = indexStarted(model);
  const edges = model.functions.map((_, index) => listEdges(model, index, started));
  const certain = edges.map((each) => each.filter(({ conditional }) => !conditional));
  // A function that sends itself its next page or its next turn is written to do so.
  const possible = edges.map((each, from) => each.filter(({ to, conditional }) => to !== from || !conditional));
  const told = new Set<number>();
  const findings: { readonly start: number; readonly finding: Finding }[] = [];
  // What is certain first, so that a shorter way that may end does not hide it. One cycle for each function is enough.
  for (const graph of [certain, possible]) {
    const components = findCyclicComponents(graph.map((each) => each.map(({ to }) => to)));
    const cycles = new Map<number, number>();
    for (let start = 0; start < graph.length; start++) {
      const component = components[start] ?? null;
      if (told.has(start) || component === null) continue;
      const known = cycles.get(component) ?? 0;
      const [first, ...others] = known < mostCycles ? findCycle(graph, components, start) : [];
      if (!first) continue;
      cycles.set(component, known + 1);
      for (const { to } of [first, ...others]) told.add(to);
      findings.push({ start, finding: describe(model, start, first, others) });
    }
  }
  return findings.sort((left, right) => left.start - right.start).map(({ finding }) => finding);
}

interface Edge {
  readonly to: number;
  readonly send: SendSite;
  /** How many such events one run sends at least; null when it is in a loop, or comes from a list. */
  readonly count: number | null;
  /** A run may end without sending it, or the started function may refuse it. */
  readonly conditional: boolean;
}

/** By the event's name, the functions that it starts; each function searched for each send took a second of 1,000 functions. */
function indexStarted(model: AppModel): ReadonlyMap<string, readonly Started[]> {
  const started = new Map<string, Started[]>();
  model.functions.forEach((target, to) => {
    const own = new Set<string>();
    const limited = isLimited(target);
    for (const trigger of target.triggers ?? []) {
      // Of two triggers with one event the first counts.
      if (trigger.kind !== "event" || trigger.event === null || own.has(trigger.event)) continue;
      own.add(trigger.event);
      const group = started.get(trigger.event);
      const entry = { to, conditional: limited || hasCondition(trigger.value.value) };
      if (group) group.push(entry);
      else started.set(trigger.event, [entry]);
    }
  });
  return started;
}

interface Started {
  readonly to: number;
  readonly conditional: boolean;
}

function listEdges(model: AppModel, from: number, started: ReadonlyMap<string, readonly Started[]>): Edge[] {
  const handler = model.functions[from]?.handler;
  if (!handler) return [];
  const byTarget = new Map<number, Sent[]>();
  for (const sent of listSentInSteps(model, handler.steps)) {
    // Two names that are not known are not the same name.
    for (const { to, conditional } of sent.send.name === null ? [] : (started.get(sent.send.name) ?? [])) {
      const edge = { ...sent, conditional: sent.conditional || handler.mayEndEarly || conditional };
      const group = byTarget.get(to);
      if (group) group.push(edge);
      else byTarget.set(to, [edge]);
    }
  }
  return [...byTarget]
    .sort(([left], [right]) => left - right)
    .flatMap(([to, sends]): Edge[] => {
      const [first] = sends;
      if (!first) return [];
      return [
        {
          to,
          send: first.send,
          count: sends.some(({ many }) => many) ? null : sends.filter(({ conditional }) => !conditional).length,
          conditional: sends.every(({ conditional }) => conditional),
        },
      ];
    });
}

interface Sent {
  readonly send: SendSite;
  readonly many: boolean;
  readonly conditional: boolean;
}

/** The sends of a step, as indexes in `AppModel.sends`. */
interface SendingStep extends Omit<Sent, "send"> {
  readonly sends: readonly number[];
}

/** A handler that an edit does not concern keeps its steps. */
const sendingSteps = new WeakMap<readonly StepNode[], readonly SendingStep[]>();

function listSentInSteps(model: AppModel, steps: readonly StepNode[]): Sent[] {
  let sending = sendingSteps.get(steps);
  if (!sending) sendingSteps.set(steps, (sending = listSendingSteps(steps)));
  return sending.flatMap(({ sends, many, conditional }) =>
    sends.flatMap((index) => {
      const send = model.sends[index];
      return send ? [{ send, many, conditional }] : [];
    }),
  );
}

function listSendingSteps(steps: readonly StepNode[]): SendingStep[] {
  const sending: SendingStep[] = [];
  let hasSlept = false;
  for (const { site, ancestors } of listSteps(steps)) {
    if (site.target?.kind === "send") {
      const many = ancestors.some(({ group }) => group.kind === "loop");
      // Who sleeps between the turns means to have them.
      const conditional = hasSlept || ancestors.some(({ group }) => isConditional(group) || group.kind === "race");
      sending.push({ sends: site.target.sends, many, conditional });
    }
    hasSlept ||= /^(sleep|waitFor)/.test(site.tool);
  }
  return sending;
}

const hasCondition = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.hasOwn(value, "if");

/** Policies that drop events end a cycle sooner or later. */
function isLimited({ config }: FunctionModel): boolean {
  const { value } = config;
  return (
    typeof value === "object" &&
    value !== null &&
    ["rateLimit", "idempotency", "singleton", "debounce", "batchEvents"].some((name) => Object.hasOwn(value, name))
  );
}

/** The shortest way from a function back to itself, which does not leave its component. */
function findCycle(
  edges: readonly (readonly Edge[])[],
  components: readonly (number | null)[],
  start: number,
): readonly Edge[] {
  /** By function, the edge that led to it first, and from where. */
  const reached = new Map<number, { readonly from: number; readonly edge: Edge }>();
  const queue = [start];
  // Grows while it is walked through.
  for (const from of queue) {
    for (const edge of edges[from] ?? []) {
      if (edge.to === start) return [...wayTo(reached, from), edge];
      if (reached.has(edge.to) || components[edge.to] !== components[start]) continue;
      reached.set(edge.to, { from, edge });
      queue.push(edge.to);
    }
  }
  return [];
}

function wayTo(reached: ReadonlyMap<number, { readonly from: number; readonly edge: Edge }>, end: number): Edge[] {
  const way: Edge[] = [];
  for (let step = reached.get(end); step; step = reached.get(step.from)) way.push(step.edge);
  return way.reverse();
}

function describe(model: AppModel, start: number, first: Edge, others: readonly Edge[]): Finding {
  const cycle = [first, ...others];
  const nameOf = (index: number): string => model.functions[index]?.id ?? "?";
  const names = shorten([start, ...cycle.map(({ to }) => to)].map((index) => `\`${nameOf(index)}\``)).join(" → ");
  const isEndless = cycle.every(({ conditional }) => !conditional);
  const turns = cycle.map(({ count }) => count);
  const perTurn = turns.reduce<number | null>(
    (product, count) => (product === null || count === null ? null : product * count),
    1,
  );
  const amplification =
    perTurn === null ? "as many events as the loop has turns" : `${perTurn} event${perTurn === 1 ? "" : "s"}`;
  return {
    // With a condition on the way it may be a retry or a pager that ends by itself.
    ...(!isEndless && { severity: "info" }),
    message: isEndless
      ? `these functions start each other without end: ${names}; each turn sends ${amplification}`
      : `these functions start each other: ${names}; a condition, a pause or a limit on the way may end it`,
    span: first.send.span,
    label: `starts \`${nameOf(first.to)}\``,
    related: others.slice(0, mostNamed).map(({ send, to }) => labelSpan(send.span, `starts \`${nameOf(to)}\``)),
    help: isEndless
      ? "send the event only under a condition, or use `if` on the trigger to leave out what the functions send themselves"
      : "make sure that it ends: count the turns in the event's data, or send the event only when there is work left",
    waivedAt: others.map(({ send }) => send.span),
  };
}

function shorten(names: readonly string[]): readonly string[] {
  if (names.length <= mostNamed) return names;
  const half = mostNamed / 2;
  return [...names.slice(0, half), `… ${names.length - mostNamed} more …`, ...names.slice(-half)];
}
