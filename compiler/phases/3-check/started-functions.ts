import type { AppModel, FunctionModel } from "../2-model/model.js";
import type { Span } from "../2-model/span.js";

/** A function that an event starts. */
export interface Started {
  readonly to: number;
  /** The function may refuse the event: a condition or a policy that drops events. */
  readonly conditional: boolean;
  readonly trigger: Span;
}

/** By the event's name, the functions that it starts; each function searched for each send took a second of 1,000 functions. */
export class StartedFunctions {
  readonly #exact = new Map<string, Started[]>();
  readonly #patterns: { readonly prefix: string; readonly started: Started }[] = [];

  constructor(model: AppModel) {
    model.functions.forEach((fn, to) => {
      const own = new Set<string>();
      const limited = isLimited(fn);
      for (const trigger of fn.triggers ?? []) {
        // Of two triggers with one event the first counts.
        if (trigger.kind !== "event" || trigger.event === null || own.has(trigger.event)) continue;
        own.add(trigger.event);
        const started = { to, conditional: limited || hasCondition(trigger.value.value), trigger: trigger.span };
        if (trigger.event.endsWith("*")) this.#patterns.push({ prefix: trigger.event.slice(0, -1), started });
        else this.#exact.set(trigger.event, [...(this.#exact.get(trigger.event) ?? []), started]);
      }
    });
  }

  /** Each function once, by the trigger that refuses nothing if it has one. */
  by(event: string): readonly Started[] {
    const exact = this.#exact.get(event) ?? [];
    const matching = this.#patterns.filter(({ prefix }) => event.startsWith(prefix));
    if (matching.length === 0) return exact;
    const found = new Map<number, Started>();
    for (const each of [...exact, ...matching.map(({ started }) => started)]) {
      if (found.get(each.to)?.conditional !== false) found.set(each.to, each);
    }
    return [...found.values()];
  }
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
