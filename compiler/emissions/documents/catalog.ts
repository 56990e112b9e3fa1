import { formatDuration } from "../../../runtime/manifest/duration.js";
import type {
  EventEntry,
  FunctionConfig,
  FunctionEntry,
  Manifest,
  StepNode,
} from "../../../runtime/manifest/manifest.js";
import { printJsonSchemaType } from "../../phases/5-emit/json-schema-type.js";
import { renderTemplate } from "../../phases/5-emit/template.js";
import { eventFlowOf } from "../graph/event-flow-of.js";
import { renderMermaid } from "../graph/render-mermaid.js";
import { describeTrigger, stepDetails, stepName } from "../graph/step-graph-of.js";

interface Fact {
  readonly label: string;
  readonly text: string;
}

/** What the application consists of, for people: functions with their triggers, limits and steps; events with their fields. */
export function renderCatalog(manifest: Manifest): string {
  const { functions, events } = manifest;
  return renderTemplate("catalog.md", {
    title: escapeMarkdown(manifest.app.id ?? "Application"),
    summary: `${count(functions.length, "function")}, ${count(events.length, "event")}.`,
    flow: renderMermaid(eventFlowOf(manifest)),
    functions: functions.map((entry) => ({
      name: escapeMarkdown(entry.id),
      description: escapeMarkdown([entry.name, entry.description].filter((text) => text !== undefined).join(": ")),
      facts: functionFacts(entry),
      steps: listSteps(entry.steps).map((step) => ({
        name: code(stepName(step)),
        tool: code(step.tool),
        what: stepDetails(step).map(code).join(", "),
      })),
    })),
    events: events.map((event) => ({
      name: escapeMarkdown(event.name),
      facts: eventFacts(event),
      fields: fieldsOf(event),
    })),
  });
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

function functionFacts(entry: FunctionEntry): Fact[] {
  const { file, line } = entry.location;
  return [
    {
      label: "started by",
      text: entry.triggers.map((each) => describeTrigger(each).lines.map(code).join(" ")).join(", "),
    },
    { label: "retries", text: String(entry.config.retries.limit) },
    ...limitFacts(entry.config),
    { label: "defined in", text: code(`${file}:${line}`) },
  ].filter(({ text }) => text !== "");
}

/** Flow control, each as a sentence fragment. */
function limitFacts(config: FunctionConfig): Fact[] {
  const by = (key: { source: string } | undefined): string => (key ? ` for each ${code(key.source)}` : "");
  const { throttle, rateLimit, debounce, batchEvents, singleton, priority, idempotency, timeouts } = config;
  const every = (limit: number, periodMs: number): string => `${limit} in ${formatDuration(periodMs)}`;
  const facts: (Fact | undefined)[] = [
    ...config.concurrency.map(({ limit, key, unit }) => ({
      label: "concurrency",
      text: `${count(limit, unit)}${by(key)}`,
    })),
    throttle && { label: "throttle", text: every(throttle.limit, throttle.periodMs) + by(throttle.key) },
    rateLimit && { label: "rate limit", text: every(rateLimit.limit, rateLimit.periodMs) + by(rateLimit.key) },
    debounce && { label: "debounce", text: formatDuration(debounce.periodMs) + by(debounce.key) },
    batchEvents && {
      label: "batch",
      text: `${batchEvents.maxSize} or after ${formatDuration(batchEvents.timeoutMs)}${by(batchEvents.key)}`,
    },
    singleton && { label: "singleton", text: `${singleton.mode}${by(singleton.key)}` },
    priority && { label: "priority", text: code(priority.run.source) },
    idempotency && {
      label: "once",
      text: `${code(idempotency.key.source)} in ${formatDuration(idempotency.periodMs)}`,
    },
    ...config.cancelOn.map(({ event, if: condition }) => ({
      label: "cancelled by",
      text: code(event) + (condition ? ` if ${code(condition.source)}` : ""),
    })),
    timeouts.startMs === undefined ? undefined : { label: "starts within", text: formatDuration(timeouts.startMs) },
    timeouts.finishMs === undefined ? undefined : { label: "ends within", text: formatDuration(timeouts.finishMs) },
  ];
  return facts.filter((fact) => fact !== undefined);
}

function eventFacts({ senders, consumers, location, version }: EventEntry): Fact[] {
  const sending = senders.map(({ function: id, location: place }) => code(id ?? `${place.file}:${place.line}`));
  const as = { trigger: "", wait: " (waits)", cancel: " (is cancelled)" };
  return [
    { label: "version", text: version === undefined ? "" : escapeMarkdown(version) },
    { label: "sent by", text: [...new Set(sending)].join(", ") },
    { label: "for", text: consumers.map((each) => code(each.function) + as[each.as]).join(", ") },
    { label: "declared in", text: location ? code(`${location.file}:${location.line}`) : "" },
  ].filter(({ text }) => text !== "");
}

function fieldsOf({ schema }: EventEntry): { name: string; type: string }[] {
  const properties: unknown = schema?.["properties"];
  if (typeof properties !== "object" || properties === null) return [];
  const required: unknown = schema?.["required"];
  const isRequired = (name: string): boolean => Array.isArray(required) && required.includes(name);
  return Object.entries(properties).map(([name, property]) => ({
    name: code(isRequired(name) ? name : `${name}?`),
    type: code(printJsonSchemaType({ $defs: schema?.["$defs"], definitions: schema?.["definitions"], ...property })),
  }));
}

function listSteps(steps: readonly StepNode[]): Extract<StepNode, { kind: "step" }>[] {
  return steps.flatMap((node) => (node.kind === "step" ? [node] : listSteps(node.children)));
}

/** Code in a table's cell: a bar would end the cell, a backtick the code. */
function code(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll("|", "\\|");
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? fence + line + fence : `${fence} ${line} ${fence}`;
}

function escapeMarkdown(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\\`*_{}[\]<>#|]/g, "\\$&");
}
