import type { EventEntry, FunctionEntry, Manifest } from "../../../runtime/manifest/manifest.js";
import { hashContent } from "./content-hash.js";

/**
 * The hash of a whole manifest: of the hashes of its entries, so that after an edit only what has changed is printed
 * again. It does not change when code only moves.
 */
export function hashManifest({ version, app, events, functions, waivers, opaque }: Omit<Manifest, "hash">): string {
  return hashContent([version, app, events.map(listContent), functions.map(hashEntry), waivers, opaque]);
}

const entryHashes = new WeakMap<FunctionEntry, string>();

function hashEntry(entry: FunctionEntry): string {
  let hash = entryHashes.get(entry);
  if (hash === undefined) entryHashes.set(entry, (hash = hashContent(entry)));
  return hash;
}

/** The entry without places. Who sends and consumes an event changes with others' code, its schema hardly ever. */
function listContent({ name, schema, inferred, declared, version, senders, consumers }: EventEntry): string {
  const parties = [senders.map((sender) => sender.function), consumers.map((each) => [each.function, each.as])];
  const more = inferred ? [hashSchema(inferred)] : [];
  return JSON.stringify([name, schema && hashSchema(schema), declared, version, parties, ...more]);
}

const schemaHashes = new WeakMap<object, string>();

function hashSchema(schema: NonNullable<EventEntry["schema"]>): string {
  let hash = schemaHashes.get(schema);
  if (hash === undefined) schemaHashes.set(schema, (hash = hashContent(schema)));
  return hash;
}
