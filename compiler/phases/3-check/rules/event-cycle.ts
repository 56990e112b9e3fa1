import type { AppModel, SendSite, StepNode, StepSite } from "../../2-model/model.js";
import type { Span } from "../../2-model/span.js";
import { findCyclicComponents } from "../cyclic-components.js";
import { type Finding, labelSpan } from "../rule.js";
import { type Started, StartedFunctions } from "../started-functions.js";
import { isConditional, listSteps } from "../visit-steps.js";

/** A longer way is told by its beginning and its end. */
const mostNamed = 8;
/** Of functions that all reach each other; who has broken some of these sees the next. */
const mostCycles = 10;

/** Functions that start each other again and again: A sends what starts B, and B sends what starts A. */
export function findEventCycles(model: AppModel): Finding[] {
  const started = new StartedFunctions(model);
  const listeners = started.by(finished).filter(({ conditional }) => !conditional);
  const edges = model.functions.map((_, index) => listEdges(model, index, started, listeners));
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
  /** What starts it: the sent event, the invocation, or the trigger that hears of the end. */
  readonly span: Span;
  readonly label: (name: string) => string;
  /** How many such events one run sends at least; null when it is in a loop, or comes from a list. */
  readonly count: number | null;
  /** A run may end without sending it, or the started function may refuse it. */
  readonly conditional: boolean;
}

const finished = "inngest/function.finished";
const starts = (name: string): string => `starts \`${name}\``;
const hears = (name: string): string => `\`${name}\` hears of the end of every run`;

function listEdges(
  model: AppModel,
  from: number,
  started: StartedFunctions,
  listeners: readonly Started[],
): readonly Edge[] {
  const handler = model.functions[from]?.handler;
  const byTarget = new Map<number, Begun[]>();
  const add = (to: number, begun: Begun): void => {
    const group = byTarget.get(to);
    if (group) group.push(begun);
    else byTarget.set(to, [begun]);
  };
  // Of the end of what has been started by the end of a run nothing is told.
  for (const { to, trigger } of listeners) {
    if (to !== from) add(to, { span: trigger, label: hears, many: false, conditional: false });
  }
  if (!handler) return edgesOf(byTarget);
  for (const sent of listSentInSteps(model, handler.steps)) {
    // Two names that are not known are not the same name.
    for (const { to, conditional } of sent.send.name === null ? [] : started.by(sent.send.name)) {
      const mayStop = sent.conditional || handler.mayEndEarly || conditional;
      add(to, { span: sent.send.span, label: starts, many: sent.many, conditional: mayStop });
    }
  }
  // An invoked run that ends is heard of, too. Without a listener, invocations that go round are recursion.
  if (!listeners.some(({ to }) => to === from)) return edgesOf(byTarget);
  for (const { site, conditional } of listStartingSteps(handler.steps)) {
    if (site.target?.kind !== "function" || site.target.function === null || site.target.function === from) continue;
    const mayStop = conditional || handler.mayEndEarly;
    add(site.target.function, { span: site.calleeSpan, label: starts, many: false, conditional: mayStop });
  }
  return edgesOf(byTarget);
}

function edgesOf(byTarget: ReadonlyMap<number, readonly Begun[]>): readonly Edge[] {
  return [...byTarget]
    .sort(([left], [right]) => left - right)
    .flatMap(([to, begun]): Edge[] => {
      const [first] = begun;
      if (!first) return [];
      return [
        {
          to,
          span: first.span,
          label: first.label,
          count: begun.some(({ many }) => many) ? null : begun.filter(({ conditional }) => !conditional).length,
          conditional: begun.every(({ conditional }) => conditional),
        },
      ];
    });
}

interface Begun {
  readonly span: Span;
  readonly label: (name: string) => string;
  readonly many: boolean;
  readonly conditional: boolean;
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
  return listStartingSteps(steps).flatMap(({ site, many, conditional }) =>
    site.target?.kind === "send" ? [{ sends: site.target.sends, many, conditional }] : [],
  );
}

/** The steps that send or invoke. */
function listStartingSteps(steps: readonly StepNode[]): (Omit<Sent, "send"> & { readonly site: StepSite })[] {
  const found: (Omit<Sent, "send"> & { readonly site: StepSite })[] = [];
  let hasSlept = false;
  for (const { site, ancestors } of listSteps(steps)) {
    if (site.target?.kind === "send" || site.target?.kind === "function") {
      const many = ancestors.some(({ group }) => group.kind === "loop");
      // Who sleeps between the turns means to have them.
      const conditional = hasSlept || ancestors.some(({ group }) => isConditional(group) || group.kind === "race");
      found.push({ site, many, conditional });
    }
    hasSlept ||= /^(sleep|waitFor)/.test(site.tool);
  }
  return found;
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
    span: first.span,
    label: first.label(nameOf(first.to)),
    related: others.slice(0, mostNamed).map(({ span, label, to }) => labelSpan(span, label(nameOf(to)))),
    help: isEndless
      ? "send the event only under a condition, or use `if` on the trigger to leave out what the functions send themselves"
      : "make sure that it ends: count the turns in the event's data, or send the event only when there is work left",
    waivedAt: others.map(({ span }) => span),
  };
}

function shorten(names: readonly string[]): readonly string[] {
  if (names.length <= mostNamed) return names;
  const half = mostNamed / 2;
  return [...names.slice(0, half), `… ${names.length - mostNamed} more …`, ...names.slice(-half)];
}
