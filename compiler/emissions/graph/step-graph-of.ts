import { formatDuration } from "../../../runtime/manifest/duration.js";
import type { FunctionEntry, StepNode, Trigger } from "../../../runtime/manifest/manifest.js";
import { type Graph, GraphBuilder, type GraphNode } from "./graph.js";

/** A way that is open: where it comes from, and what is written on it. */
interface OpenEnd {
  readonly from: string;
  readonly label?: string;
  readonly dashed?: true;
}

type Step = Extract<StepNode, { kind: "step" }>;

/** The steps of a function from its triggers to its end, as its manifest has them. */
export function stepGraphOf(entry: FunctionEntry): Graph {
  const drawing = new Drawing();
  const starts = entry.triggers.map((trigger, index) => ({ from: drawing.addTrigger(trigger, index) }));
  if (starts.length === 0) starts.push({ from: drawing.addUnknownTrigger() });
  const ends = drawing.addSequence(entry.steps, starts);
  drawing.addEnd(ends, entry.mayEndEarly === true);
  return drawing.builder.build(entry.id, "down");
}

class Drawing {
  readonly builder = new GraphBuilder();
  #count = 0;

  addTrigger(trigger: Trigger, index: number): string {
    return this.builder.add({ id: `trigger${index}`, ...describeTrigger(trigger) });
  }

  addUnknownTrigger(): string {
    return this.builder.add({ id: "trigger0", kind: "event", lines: ["known at run time"] });
  }

  addSequence(steps: readonly StepNode[], open: readonly OpenEnd[]): readonly OpenEnd[] {
    return steps.reduce<readonly OpenEnd[]>((ends, step) => this.#add(step, ends), open);
  }

  addEnd(open: readonly OpenEnd[], early: boolean): void {
    const end = this.builder.add({ id: "end", kind: "end", lines: [early ? "end (may come early)" : "end"] });
    this.#lead(open, end);
  }

  #add(node: StepNode, open: readonly OpenEnd[]): readonly OpenEnd[] {
    switch (node.kind) {
      case "step":
        return this.#addStep(node, open);
      case "sequence":
        return this.addSequence(node.children, open);
      case "branch":
        return this.#addBranch(node.children, open);
      case "loop":
        return this.#addLoop(node.children, open);
      case "parallel":
      case "race":
        return this.#addTogether(node.kind, node.children, open);
    }
  }

  #addStep(step: Step, open: readonly OpenEnd[]): readonly OpenEnd[] {
    const id = this.builder.add({ id: this.#nextId("step"), ...describeStep(step) });
    this.#lead(open, id);
    if (step.reached === "apart") return open;
    const around: readonly OpenEnd[] =
      step.reached === "maybe" ? open.map((end) => ({ ...end, label: "or not", dashed: true })) : [];
    return [{ from: id }, ...around];
  }

  #addBranch(ways: readonly StepNode[], open: readonly OpenEnd[]): readonly OpenEnd[] {
    const fork = this.#addJunction("either", open);
    return ways.flatMap((way) => this.#add(way, [{ from: fork }]));
  }

  #addLoop(body: readonly StepNode[], open: readonly OpenEnd[]): readonly OpenEnd[] {
    const head = this.#addJunction("each time", open);
    for (const end of this.addSequence(body, [{ from: head }])) {
      if (end.from !== head) this.builder.connect({ from: end.from, to: head, label: "again", dashed: true });
    }
    return [{ from: head, label: "done" }];
  }

  #addTogether(kind: "parallel" | "race", ways: readonly StepNode[], open: readonly OpenEnd[]): readonly OpenEnd[] {
    const [only] = ways;
    if (ways.length === 1 && only) return this.#add(only, open);
    const fork = this.#addJunction("at once", open);
    const ends = ways.flatMap((way) => this.#add(way, [{ from: fork }]));
    return [{ from: this.#addJunction(kind === "race" ? "first one" : "all done", ends) }];
  }

  #addJunction(text: string, open: readonly OpenEnd[]): string {
    const id = this.builder.add({ id: this.#nextId("junction"), kind: "junction", lines: [text] });
    this.#lead(open, id);
    return id;
  }

  #lead(open: readonly OpenEnd[], to: string): void {
    for (const end of open) this.builder.connect({ ...end, to });
  }

  #nextId(prefix: string): string {
    return `${prefix}${this.#count++}`;
  }
}

/** What a trigger is, in a few words. */
export function describeTrigger(trigger: Trigger): Omit<GraphNode, "id"> {
  switch (trigger.kind) {
    case "event":
      return { kind: "event", lines: [trigger.event, ...(trigger.if ? [`if ${trigger.if.source}`] : [])] };
    case "cron":
      return { kind: "schedule", lines: [trigger.expression, ...(trigger.timezone ? [trigger.timezone] : [])] };
    case "invoke":
      return { kind: "event", lines: ["invoked"] };
  }
}

/** What a step with that tool is for the reader: it works, or time passes. */
const waits: ReadonlySet<string> = new Set(["sleep", "sleepUntil", "waitForEvent", "waitForSignal"]);

function describeStep(step: Step): Omit<GraphNode, "id"> {
  const details = [...(step.tool === "run" ? [] : [step.tool]), ...stepDetails(step)];
  return { kind: waits.has(step.tool) ? "wait" : "step", lines: [stepName(step), ...details] };
}

/** Its id, or the shape of it where it is not constant. */
export const stepName = (step: Step): string => step.id ?? step.template ?? "id known at run time";

/** What else is known of a step: whom it concerns, on which condition, how long. */
export function stepDetails(step: Step): string[] {
  return [
    ...(step.targets ?? []),
    ...(step.if ? [`if ${step.if.source}`] : []),
    ...(step.durationMs === undefined ? [] : [formatDuration(step.durationMs)]),
    ...(step.timeoutMs === undefined ? [] : [`at most ${formatDuration(step.timeoutMs)}`]),
    ...(step.rollback ? ["can be rolled back"] : []),
  ];
}
