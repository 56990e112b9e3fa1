import { z } from "zod";
import type { StandardSchemaV1 } from "../define/standard-schema.js";
import type { JsonSchema } from "../manifest/manifest.js";

/**
 * A JSON Schema as a validator. It is made at the first value: an application has hundreds of events, a process sends
 * few of them. A schema that says more than can be checked refuses nothing.
 */
export function validatorOfJsonSchema(schema: JsonSchema): StandardSchemaV1 {
  let made: StandardSchemaV1 | null | undefined;
  return {
    "~standard": {
      version: 1,
      vendor: "stepwright",
      validate: (value) => {
        made ??= make(schema);
        return made ? made["~standard"].validate(value) : { value };
      },
    },
  };
}

function make(schema: JsonSchema): StandardSchemaV1 | null {
  try {
    return z.fromJSONSchema(schema);
  } catch {
    return z.unknown();
  }
}
