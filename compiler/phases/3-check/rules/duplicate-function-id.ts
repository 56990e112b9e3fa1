import type { AppModel, FunctionModel } from "../../2-model/model.js";
import { type Finding, labelSpan } from "../rule.js";

/** Their functions have the id of the function, and this. */
const lifecycleHandlers = [
  ["onFailure", "failure"],
  ["onCancel", "cancel"],
  ["onComplete", "complete"],
] as const;

const anotherId = "give one of the two functions another id: runs, keys and metrics are kept by id";

/** One id names one function of an application; `<id>-failure` is taken by the function's `onFailure` handler. */
export function findDuplicateFunctionIds(model: AppModel): Finding[] {
  const findings: Finding[] = [];
  const first = new Map<string, FunctionModel>();
  for (const fn of model.functions) {
    const key = fullId(model, fn);
    if (key === null) continue;
    const earlier = first.get(key);
    if (!earlier) {
      first.set(key, fn);
      continue;
    }
    findings.push({
      message: `the function id \`${fn.id}\` is used twice`,
      span: fn.idSpan,
      label: "used again here",
      related: [labelSpan(earlier.idSpan, "first used here")],
      help:
        earlier.idSpan.file === fn.idSpan.file
          ? anotherId
          : `${anotherId}; when the files are of two programs, name those of one in \`entry\` of stepwright.config.ts`,
      binding: true,
    });
  }
  for (const fn of model.functions) {
    const key = fullId(model, fn);
    for (const [name, ending] of lifecycleHandlers) {
      const handler = fn[name];
      const taken = key === null || !handler ? undefined : first.get(`${key}-${ending}`);
      if (!taken || !handler) continue;
      findings.push({
        message: `the function id \`${taken.id}\` is also the id of an \`${name}\` handler`,
        span: taken.idSpan,
        label: "used here",
        related: [labelSpan(handler.span, `this handler is the function \`${fn.id}-${ending}\``)],
        help: `give this function another id than \`${taken.id}\``,
        binding: true,
      });
    }
  }
  return findings;
}

/**
 * Ids of two applications may be equal. A client that could not be followed is the application's when there is only
 * one; else nothing is known.
 */
function fullId(model: AppModel, fn: FunctionModel): string | null {
  const index = fn.client ?? (model.clients.length === 1 ? 0 : null);
  if (fn.id === null || index === null) return null;
  const app = model.clients[index]?.id ?? null;
  // Two clients whose ids are unknown are told apart by their place.
  return JSON.stringify(app === null ? [index] : app) + fn.id;
}
