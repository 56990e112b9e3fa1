import * as z from "zod";
import type { StandardSchemaV1 } from "../define/standard-schema.js";
import type { JsonSchema } from "../manifest/manifest.js";

type Check = (value: unknown) => StandardSchemaV1.Result<unknown>;

/**
 * A JSON Schema as a validator. It is made at the first value: an application has hundreds of events, a process sends
 * few of them. A schema that says more than can be checked refuses nothing.
 */
export function validatorOfJsonSchema(schema: JsonSchema): StandardSchemaV1 {
  let check: Check | undefined;
  return {
    "~standard": {
      version: 1,
      vendor: "stepwright",
      validate(value) {
        check ??= makeCheck(schema);
        const result = check(value);
        if (!result.issues) return { value };
        // A Date that is still a Date fits, because it leaves as text; most values need no second look.
        const json = toJson(value);
        const second = json === undefined ? result : check(json);
        return second.issues ? second : { value };
      },
    },
  };
}

function makeCheck(schema: JsonSchema): Check {
  const made = makeSchema(schema);
  return (value) => {
    try {
      const { error } = made.safeParse(value);
      return error ? { issues: error.issues } : { value };
    } catch (error) {
      // A schema that holds itself goes as deep as the value, which comes from outside.
      if (error instanceof RangeError) return { issues: [{ message: "it is nested too deeply to be checked" }] };
      throw error;
    }
  };
}

function makeSchema(schema: JsonSchema): z.ZodType {
  try {
    return z.fromJSONSchema(withoutFormats(schema));
  } catch {
    return z.unknown();
  }
}

function toJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

/** Keywords whose own keys are names, not keywords. */
const named: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs", "definitions"]);

/** Keywords that hold values, not schemas. */
const verbatim: ReadonlySet<string> = new Set(["enum", "const", "default", "examples", "required"]);

/**
 * A format is a remark, as JSON Schema has it: libraries differ about what a date or an address may be, and what the
 * declared schema accepts must not be refused here.
 */
function withoutFormats(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema).filter(([keyword]) => keyword !== "format");
  return Object.fromEntries(
    entries.map(([keyword, value]) => {
      if (verbatim.has(keyword)) return [keyword, value];
      return [keyword, named.has(keyword) ? mapValues(value) : mapSchemas(value)];
    }),
  );
}

const mapValues = (value: unknown): unknown =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapSchemas(each)])) : value;

function mapSchemas(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mapSchemas);
  return isObject(value) ? withoutFormats(value) : value;
}

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
