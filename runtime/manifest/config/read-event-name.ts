import { unknownValue, type ConfigPath } from "./config-problem.js";
import { quoteValue, type ConfigReader } from "./config-reader.js";

const longestName = 512;

/** The events that the platform itself sends; no application can send others of this prefix. */
const systemEvents: ReadonlySet<string> = new Set([
  "inngest/function.finished",
  "inngest/function.failed",
  "inngest/function.cancelled",
  "inngest/function.invoked",
  "inngest/scheduled.timer",
  "inngest/deferred.schedule",
]);

/** The name of an event given as text, or as an event type (`eventType("a/b")` has it as `event` and `name`). */
export function readEventName(
  reader: ConfigReader,
  value: unknown,
  path: ConfigPath,
  absent: string,
): string | undefined {
  const help = 'write the name of an event, such as `"order/placed"`';
  if (value === unknownValue) return undefined;
  if (value === undefined) return reader.invalid(path, absent, help);
  const name = typeof value === "string" ? value : nameOf(value);
  if (name === unknownValue) return undefined;
  if (typeof name !== "string") return reader.invalid(path, `${quoteValue(value)} is not the name of an event`, help);
  if (name === "") return reader.invalid(path, "the name of the event is empty", help);
  if (name.length <= longestName) return name;
  return reader.invalid(path, `the name of the event has ${name.length} characters; the limit is ${longestName}`, help);
}

/** Event types are objects of a class, and their fields may be inherited. */
function nameOf(value: unknown): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  try {
    return Reflect.get(value, "event") ?? Reflect.get(value, "name");
  } catch {
    return unknownValue;
  }
}

/** Reports a name of one event that nothing can send. */
export function checkEventName(reader: ConfigReader, name: string, path: ConfigPath): void {
  if (name.startsWith("inngest/") && !name.includes("*") && !systemEvents.has(name)) {
    const message = `no event is called ${quoteValue(name)}: names beginning with \`inngest/\` belong to the platform`;
    const help = `use one of ${[...systemEvents].map((each) => `\`${each}\``).join(", ")}, or another prefix`;
    reader.report({ code: "invalid-config-value", path, message, help }, "warning");
  }
}

/** Reports a wildcard in a form that matches nothing. */
export function checkWildcard(reader: ConfigReader, name: string, path: ConfigPath): void {
  if (!name.includes("*") || name === "*" || /^[^*]+[/.]\*$/.test(name)) return;
  const message = `${quoteValue(name)} has \`*\` at a place where it matches nothing`;
  reader.invalid(path, message, "a wildcard is one `*` at the end, after `/` or `.`: `order/*`, `app/user.*`");
}
