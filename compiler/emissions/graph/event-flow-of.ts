import type { EventEntry, FunctionEntry, Manifest, StepNode } from "../../../runtime/manifest/manifest.js";
import { type Graph, GraphBuilder } from "./graph.js";

/** Who sends which events, and what they start, end and cancel: the whole application. */
export function eventFlowOf(manifest: Manifest): Graph {
  const builder = new GraphBuilder();
  for (const entry of manifest.functions) addFunction(builder, entry);
  for (const event of manifest.events) addEvent(builder, event);
  for (const entry of manifest.functions) addInvocations(builder, entry);
  return builder.build(manifest.app.id ?? "application", "right");
}

const functionNode = (id: string): string => `function ${id}`;
const eventNode = (name: string): string => `event ${name}`;

function addFunction(builder: GraphBuilder, entry: FunctionEntry): void {
  const to = builder.add({ id: functionNode(entry.id), kind: "function", lines: [entry.id] });
  for (const trigger of entry.triggers) {
    if (trigger.kind !== "cron") continue;
    const text = trigger.timezone ? `${trigger.expression} (${trigger.timezone})` : trigger.expression;
    const from = builder.add({ id: `schedule ${text}`, kind: "schedule", lines: [text] });
    builder.connect({ from, to });
  }
}

/** Labels of what an event does, besides starting. */
const effects = { trigger: null, wait: "ends a wait", cancel: "cancels" } as const;

function addEvent(builder: GraphBuilder, event: EventEntry): void {
  const node = builder.add({ id: eventNode(event.name), kind: "event", lines: [event.name] });
  for (const { function: sender } of event.senders) {
    const from =
      sender === undefined
        ? builder.add({ id: "outside", kind: "outside", lines: ["the application's other code"] })
        : builder.add({ id: functionNode(sender), kind: "function", lines: [sender] });
    builder.connect({ from, to: node });
  }
  for (const { function: consumer, as } of event.consumers) {
    const to = builder.add({ id: functionNode(consumer), kind: "function", lines: [consumer] });
    const label = effects[as];
    builder.connect({ from: node, to, ...(label === null ? {} : { label, dashed: true as const }) });
  }
}

function addInvocations(builder: GraphBuilder, entry: FunctionEntry): void {
  for (const target of invokedBy(entry.steps)) {
    const to = builder.add({ id: functionNode(target), kind: "function", lines: [target] });
    builder.connect({ from: functionNode(entry.id), to, label: "invokes" });
  }
}

function invokedBy(steps: readonly StepNode[]): string[] {
  return steps.flatMap((node) => {
    if (node.kind !== "step") return invokedBy(node.children);
    return node.tool === "invoke" ? (node.targets ?? []) : [];
  });
}
