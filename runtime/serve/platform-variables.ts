import type { Environment } from "../define/endpoint.js";

/** The texts among what a platform binds to a request; the rest are stores and services. */
export function readVariables(bindings: unknown): Environment {
  if (typeof bindings !== "object" || bindings === null) return {};
  return Object.fromEntries(Object.entries(bindings).filter(([, value]) => typeof value === "string"));
}
