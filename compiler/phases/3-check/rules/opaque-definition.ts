import type { Folded } from "../../2-model/folded.js";
import type { AppModel, FunctionModel, OpaqueModel } from "../../2-model/model.js";
import type { Finding } from "../rule.js";

/** What the compiler could not know; it stays in the manifest as an opaque entry and is resolved at load. */
export function findOpaqueDefinitions(model: AppModel): Finding[] {
  const listed = new Set(model.opaque.map(({ function: owner, at }) => `${owner} ${at}`));
  const unlisted = model.functions
    .flatMap(listUnknownParts)
    .filter(({ function: owner, at }) => !listed.has(`${owner} ${at}`));
  return dropRepeats([...model.opaque, ...unlisted]).map((opaque) => ({
    message: `${nameSubject(model, opaque)} is known only at run time`,
    span: opaque.span,
    label: opaque.reason,
    help: "it is resolved and checked when the application loads; make it constant to have it checked at build",
  }));
}

/** Where a whole configuration is unknown, its id and every other part are so at the same place: one finding says it. */
function dropRepeats(all: readonly OpaqueModel[]): OpaqueModel[] {
  const seen = new Set<string>();
  return all.filter(({ function: owner, reason, span }) => {
    const place = `${owner} ${span.file}:${span.start}-${span.end} ${reason}`;
    return !seen.has(place) && seen.add(place);
  });
}

/** The parts of a configuration and of triggers that could not be folded. */
function listUnknownParts(fn: FunctionModel, index: number): OpaqueModel[] {
  const inFolded = (folded: Folded, prefix: readonly (string | number)[]): OpaqueModel[] =>
    folded.unknowns.map(({ path, reason, span }) => ({
      function: index,
      at: [...prefix, ...path].join("."),
      reason,
      span,
    }));
  return [
    ...inFolded(fn.config, []),
    ...(fn.triggers ?? []).flatMap((trigger, position) => inFolded(trigger.value, ["triggers", position])),
  ];
}

function nameSubject(model: AppModel, opaque: OpaqueModel): string {
  const owner = opaque.function === null ? null : (model.functions[opaque.function]?.id ?? null);
  const what = opaque.at === "" ? "this" : `\`${opaque.at}\``;
  return owner === null ? what : `${what} of the function \`${owner}\``;
}
