import type { AppModel, OpaqueModel } from "../../2-model/model.js";
import type { Finding } from "../rule.js";

/** What the compiler could not know; it stays in the manifest as an opaque entry and is resolved at load. */
export function findOpaqueDefinitions(model: AppModel): Finding[] {
  return model.opaque.map((opaque) => ({
    message: `${nameSubject(model, opaque)} is known only at run time`,
    span: opaque.span,
    label: opaque.reason,
    help: "it is resolved and checked when the application loads; make it constant to have it checked at build",
  }));
}

function nameSubject(model: AppModel, opaque: OpaqueModel): string {
  const owner = opaque.function === null ? null : (model.functions[opaque.function]?.id ?? null);
  return owner === null ? `\`${opaque.at}\`` : `\`${opaque.at}\` of the function \`${owner}\``;
}
