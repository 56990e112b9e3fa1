import { pathKey } from "../../2-model/folded.js";
import type { AppModel, EventModel, Payload } from "../../2-model/model.js";
import type { Shape } from "../../2-model/shape.js";
import type { Span } from "../../2-model/span.js";
import { listEventUses } from "../event-uses.js";
import { allowsMissing, findMisfits, type Misfit } from "../fit-shape.js";
import { findNearestName } from "../../../diagnostics/nearest-name.js";
import { type Finding, labelSpan } from "../rule.js";
import { listAllSteps, listHandlers } from "../visit-steps.js";

/** Data that the event's schema (or the invoked function's) refuses whatever values the variables in it have. */
export function findPayloadMismatches(model: AppModel): Finding[] {
  return [...findInSends(model), ...findInInvokes(model)];
}

function findInSends(model: AppModel): Finding[] {
  const declared = new Map<string, EventModel[]>();
  for (const event of model.events) declared.set(event.name, [...(declared.get(event.name) ?? []), event]);
  return listEventUses(model).flatMap(({ name, data, client }) => {
    if (!data) return [];
    const all = declared.get(name) ?? [];
    // Another client may declare the same name in another way.
    const own = all.filter((event) => event.client === client || event.client === null);
    const candidates = own.length > 0 ? own : all;
    const misfits = candidates.map((event) => (event.shape ? findAll(data, event.shape) : []));
    const [event] = candidates;
    const [first] = misfits;
    // Declared twice, it is wrong only where no declaration takes it.
    if (!event || !first || misfits.some((found) => found.length === 0)) return [];
    const place = labelSpan(event.span, `\`${name}\` is declared here`);
    return first.map((misfit) => describe(misfit, data, `\`${name}\``, place));
  });
}

function findInInvokes(model: AppModel): Finding[] {
  return listHandlers(model).flatMap(({ handler }) =>
    listAllSteps(handler.steps).flatMap(({ target }) => {
      if (target?.kind !== "function" || target.function === null || !target.data) return [];
      const { data } = target;
      const invoked = model.functions[target.function];
      if (!invoked?.input) return [];
      const place = labelSpan(invoked.triggersSpan, "its input is declared here");
      return findAll(data, invoked.input).map((misfit) => describe(misfit, data, `\`${invoked.id}\``, place));
    }),
  );
}

/** What was found the last time that data was compared; after an edit most is compared with the same declaration. */
const compared = new WeakMap<Payload, { readonly declared: Shape; readonly misfits: readonly Misfit[] }>();

/** As `findMisfits`; data that is left out altogether counts as missing. */
function findAll(data: Payload, declared: Shape): readonly Misfit[] {
  const known = compared.get(data);
  if (known?.declared === declared) return known.misfits;
  const misfits = data.shape.kind === "undefined" ? findMissing(declared) : findMisfits(data.shape, declared);
  compared.set(data, { declared, misfits });
  return misfits;
}

function findMissing(declared: Shape): Misfit[] {
  if (allowsMissing(declared)) return [];
  return [{ path: [], kind: "missing", found: "undefined", declared: "", unused: [] }];
}

function describe(
  misfit: Misfit,
  data: Payload,
  subject: string,
  place: NonNullable<Finding["related"]>[number],
): Finding {
  const name = ["data", ...misfit.path].reduce<string>((text, part) => text + writeMember(part, text === ""), "");
  const related = [place];
  switch (misfit.kind) {
    case "missing":
      return {
        message: `${subject} needs \`${name}\`, which is missing`,
        span: findSpan(data.spans, data.span, misfit.path),
        label: `no \`${misfit.path.at(-1) ?? "data"}\``,
        related,
        help: `add \`${misfit.path.at(-1) ?? "data"}\`, or make it optional in the schema`,
      };
    case "unexpected": {
      const own = String(misfit.path.at(-1));
      const nearest = findNearestName(own, misfit.unused);
      return {
        message: `${subject} does not allow \`${name}\``,
        span: data.nameSpans.get(pathKey(misfit.path)) ?? findSpan(data.spans, data.span, misfit.path),
        label: "not in the schema",
        related,
        help: nearest === null ? "remove it, or add it to the schema" : `did you mean \`${nearest}\`?`,
      };
    }
    case "wrong":
      return {
        message: `${subject} declares \`${name}\` as ${misfit.declared}, and this is ${misfit.found}`,
        span: findSpan(data.spans, data.span, misfit.path),
        label: `expected ${misfit.declared}`,
        related,
        help: "change the value, or the schema if it should allow this",
      };
  }
}

function writeMember(part: string | number, isFirst: boolean): string {
  if (typeof part === "number") return `[${part}]`;
  if (isFirst) return part;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
}

/** The place of the nearest part that is written out. */
function findSpan(spans: ReadonlyMap<string, Span>, whole: Span, path: Misfit["path"]): Span {
  for (let length = path.length; length > 0; length--) {
    const span = spans.get(pathKey(path.slice(0, length)));
    if (span) return span;
  }
  return whole;
}
