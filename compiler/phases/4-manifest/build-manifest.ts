/** Phase 4: what was found → the contract with the runtime. */
import { manifestVersion, type Manifest } from "../../../runtime/manifest/manifest.js";
import type { AppModel, OpaqueModel } from "../2-model/model.js";
import { makeEventEntries } from "./event-entries.js";
import { makeFunctionEntry } from "./function-entry.js";
import { compareLocations, locate } from "./location.js";
import { hashManifest } from "./manifest-hash.js";

/**
 * The manifest of a model without errors. Everything in it is sorted: events and functions by name, the rest by place.
 * A function whose id is not known has no entry; it stays among the opaque, and the runtime describes it at load.
 */
export function buildManifest(model: AppModel): Manifest {
  const opaqueOf = groupOpaque(model);
  const functions = model.functions
    .flatMap((fn, index) => (fn.id === null ? [] : [makeFunctionEntry(model, fn, fn.id, opaqueOf.get(index) ?? [])]))
    .sort((left, right) => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0));
  const content: Omit<Manifest, "hash"> = {
    version: manifestVersion,
    app: { id: findAppId(model), package: model.packageName },
    events: makeEventEntries(model, functions),
    functions,
    waivers: model.waivers
      .filter(({ reason }) => reason !== "")
      .map(({ code, reason, span }) => ({ code, reason, location: locate(span) }))
      .sort((left, right) => compareLocations(left.location, right.location)),
    opaque: model.opaque
      .filter((each) => each.function === null || (model.functions[each.function]?.id ?? null) === null)
      .map(({ at, reason, span }) => ({ at, reason, location: locate(span) }))
      .sort((left, right) => compareLocations(left.location, right.location) || (left.at < right.at ? -1 : 1)),
  };
  return { ...content, hash: hashManifest(content) };
}

/** Of the client that defines the functions; of the only one when there are none. */
function findAppId(model: AppModel): string | null {
  const used = model.functions.find(({ client }) => client !== null)?.client ?? 0;
  return model.clients[used]?.id ?? null;
}

/** By the index of the function. */
function groupOpaque(model: AppModel): Map<number, OpaqueModel[]> {
  const groups = new Map<number, OpaqueModel[]>();
  for (const each of model.opaque) {
    if (each.function === null) continue;
    const group = groups.get(each.function);
    if (group) group.push(each);
    else groups.set(each.function, [each]);
  }
  return groups;
}
