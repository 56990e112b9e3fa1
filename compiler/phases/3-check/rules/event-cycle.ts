import type { AppModel, FunctionModel, SendSite, StepNode } from "../../2-model/model.js";
import { type Finding, labelSpan } from "../rule.js";
import { isConditional, listSteps } from "../visit-steps.js";

/** Functions that start each other again and again: A sends what starts B, and B sends what starts A. */
export function findEventCycles(model: AppModel): Finding[] {
  const edges = model.functions.map((_, index) => listEdges(model, index));
  const reported = new Set<string>();
  return model.functions.flatMap((_, start): Finding[] => {
    const cycle = findCycle(edges, start);
    const [first, ...others] = cycle ?? [];
    if (!cycle || !first) return [];
    // A function that sends itself its next page or its next turn is written to do so.
    if (others.length === 0 && first.conditional) return [];
    const key = cycle
      .map(({ to }) => to)
      .sort((left, right) => left - right)
      .join();
    if (reported.has(key)) return [];
    reported.add(key);
    return [describe(model, start, first, others)];
  });
}

interface Edge {
  readonly to: number;
  readonly send: SendSite;
  /** How many such events one run sends at least; null when it is in a loop, or comes from a list. */
  readonly count: number | null;
  /** A run may end without sending it, or the started function may refuse it. */
  readonly conditional: boolean;
}

function listEdges(model: AppModel, from: number): Edge[] {
  const handler = model.functions[from]?.handler;
  if (!handler) return [];
  const sends = listSentInSteps(model, handler.steps);
  return model.functions.flatMap((target, to): Edge[] => {
    const started = sends.flatMap(({ send, many, conditional }) => {
      // Two names that are not known are not the same name.
      if (send.name === null) return [];
      const trigger = target.triggers?.find((each) => each.kind === "event" && each.event === send.name);
      if (trigger?.kind !== "event") return [];
      return [
        {
          send,
          many,
          conditional: conditional || handler.mayEndEarly || hasCondition(trigger.value.value) || isLimited(target),
        },
      ];
    });
    const [first] = started;
    if (!first) return [];
    return [
      {
        to,
        send: first.send,
        count: started.some(({ many }) => many) ? null : started.filter(({ conditional }) => !conditional).length,
        conditional: started.every(({ conditional }) => conditional),
      },
    ];
  });
}

interface Sent {
  readonly send: SendSite;
  readonly many: boolean;
  readonly conditional: boolean;
}

function listSentInSteps(model: AppModel, steps: readonly StepNode[]): Sent[] {
  return listSteps(steps).flatMap(({ site, ancestors, order }) => {
    if (site.target?.kind !== "send") return [];
    const many = ancestors.some(({ group }) => group.kind === "loop");
    const conditional =
      // Who sleeps between the turns means to have them.
      sleepsFirst(steps, order) || ancestors.some(({ group }) => isConditional(group) || group.kind === "race");
    return site.target.sends.flatMap((index) => {
      const send = model.sends[index];
      return send ? [{ send, many, conditional }] : [];
    });
  });
}

const sleepsFirst = (steps: readonly StepNode[], order: number): boolean =>
  listSteps(steps).some(({ site, order: place }) => place < order && /^(sleep|waitFor)/.test(site.tool));

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

/** The shortest way from a function back to itself. */
function findCycle(edges: readonly (readonly Edge[])[], start: number): readonly Edge[] | null {
  const seen = new Set<number>();
  let paths: Edge[][] = [[]];
  while (paths.length > 0) {
    const longer: Edge[][] = [];
    for (const path of paths) {
      for (const edge of edges[path.at(-1)?.to ?? start] ?? []) {
        if (edge.to === start) return [...path, edge];
        if (seen.has(edge.to)) continue;
        seen.add(edge.to);
        longer.push([...path, edge]);
      }
    }
    paths = longer;
  }
  return null;
}

function describe(model: AppModel, start: number, first: Edge, others: readonly Edge[]): Finding {
  const cycle = [first, ...others];
  const nameOf = (index: number): string => model.functions[index]?.id ?? "?";
  const names = [start, ...cycle.map(({ to }) => to)].map((index) => `\`${nameOf(index)}\``).join(" → ");
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
    related: others.map(({ send, to }) => labelSpan(send.span, `starts \`${nameOf(to)}\``)),
    help: isEndless
      ? "send the event only under a condition, or use `if` on the trigger to leave out what the functions send themselves"
      : "make sure that it ends: count the turns in the event's data, or send the event only when there is work left",
    waivedAt: others.map(({ send }) => send.span),
  };
}
