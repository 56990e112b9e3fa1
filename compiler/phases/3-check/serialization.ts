/** How a function keeps results: as plain JSON, or with more. */
import type { AppModel, FunctionModel } from "../2-model/model.js";
import type { SpecialName } from "../2-model/shape.js";
import { readMember } from "./read-member.js";

/** What `serialization: "rich"` keeps. */
const richNames: readonly SpecialName[] = ["Date", "bigint", "Map", "Set", "bytes"];

export function listSurvivors(model: AppModel, owner: FunctionModel): ReadonlySet<SpecialName> {
  const client = owner.client === null ? undefined : model.clients[owner.client];
  const modes = [owner.config.value, client?.config.value].map((config) => readMember(config, "serialization"));
  const mode = modes.find((value) => value !== undefined);
  // Any other constant means plain JSON; a value that is not known might mean rich.
  return new Set(mode === undefined || mode === "json" ? [] : richNames);
}

/** Middleware may write results in a form of its own, so nothing is certain beside it. */
export function mayTransformOutput(model: AppModel, owner: FunctionModel): boolean {
  const client = owner.client === null ? undefined : model.clients[owner.client];
  if (!client) return true;
  return [owner.config.value, client.config.value].some((config) => readMember(config, "middleware") !== undefined);
}
