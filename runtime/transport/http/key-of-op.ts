import { hashKey } from "../../protocol/step-hash.js";

export interface NamedOp {
  readonly id: string;
  readonly name?: string | undefined;
  readonly displayName?: string | undefined;
  readonly userland?: { readonly id?: string | undefined; readonly index?: number | undefined } | undefined;
}

/** The key in the journal: what the application wrote, where it says so in a way that gives the hash; else the hash. */
export function keyOfOp({ id, name, displayName, userland }: NamedOp): string {
  const own = userland?.id;
  const repeated = own !== undefined && userland?.index ? `${own}:${userland.index}` : own;
  for (const candidate of [repeated, own, name, displayName]) {
    if (candidate !== undefined && hashKey(candidate) === id) return candidate;
  }
  return id;
}
