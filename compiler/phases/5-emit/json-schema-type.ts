import type { JsonSchema } from "../../../runtime/manifest/manifest.js";

/** Types are printed in place; one that holds itself would never end. */
const deepest = 12;

type Definitions = ReadonlyMap<string, unknown>;

interface Printing {
  readonly definitions: Definitions;
  /** `$ref`s that are being printed, from the outside in. */
  readonly open: readonly string[];
  readonly depth: number;
}

/**
 * The TypeScript type of the values that a JSON Schema accepts, on one line. What TypeScript cannot say (formats,
 * ranges) is left out; what the schema does not say is `any`.
 *
 * @example printJsonSchemaType({ type: "array", items: { type: "string" } }) // "string[]"
 */
export function printJsonSchemaType(schema: JsonSchema): string {
  let type = printed.get(schema);
  if (type === undefined) printed.set(schema, (type = printWhole(schema)));
  return type;
}

/** Schemas that an edit does not concern stay the same objects. */
const printed = new WeakMap<JsonSchema, string>();

function printWhole(schema: JsonSchema): string {
  const definitions = new Map<string, unknown>([["#", schema]]);
  for (const key of ["$defs", "definitions"]) {
    for (const [name, definition] of entriesOf(schema[key])) definitions.set(`#/${key}/${name}`, definition);
  }
  return print(schema, { definitions, open: [], depth: 0 });
}

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const entriesOf = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : []);

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function print(schema: unknown, printing: Printing): string {
  if (schema === false) return "never";
  if (!isObject(schema) || printing.depth > deepest) return "any";
  if (isObject(schema["not"]) && Object.keys(schema["not"]).length === 0) return "never";
  const inner: Printing = { ...printing, depth: printing.depth + 1 };
  if (typeof schema["$ref"] === "string") return printReference(schema["$ref"], inner);
  if ("const" in schema) return printLiteral(schema["const"]);
  if (Array.isArray(schema["enum"])) return unionOf(schema["enum"].map(printLiteral));
  const alternatives = listOf(schema["anyOf"] ?? schema["oneOf"]);
  if (alternatives.length > 0) return unionOf(alternatives.map((each) => print(each, inner)));
  const parts = listOf(schema["allOf"]);
  if (parts.length > 0) return intersectionOf(parts.map((each) => print(each, inner)));
  const { type } = schema;
  if (Array.isArray(type)) return unionOf(type.map((each) => printKind(each, schema, inner)));
  if (type === undefined && isObject(schema["properties"])) return printObject(schema, inner);
  return printKind(type, schema, inner);
}

function printReference(reference: string, printing: Printing): string {
  const definition = printing.definitions.get(decodeURIComponent(reference));
  if (definition === undefined || printing.open.includes(reference)) return "any";
  return print(definition, { ...printing, open: [...printing.open, reference] });
}

function printKind(kind: unknown, schema: JsonSchema, printing: Printing): string {
  switch (kind) {
    case "string":
    case "boolean":
    case "null":
      return kind;
    case "number":
    case "integer":
      return "number";
    case "array":
      return printArray(schema, printing);
    case "object":
      return printObject(schema, printing);
    default:
      return "any";
  }
}

function printArray(schema: JsonSchema, printing: Printing): string {
  const fixed = listOf(schema["prefixItems"]);
  const { items } = schema;
  if (fixed.length === 0) return items === undefined ? "any[]" : `${inParentheses(print(items, printing))}[]`;
  const least = typeof schema["minItems"] === "number" ? schema["minItems"] : fixed.length;
  const elements = fixed.map((each, index) => {
    const element = print(each, printing);
    return index < least ? element : `${inParentheses(element)}?`;
  });
  const rest = items === false || items === undefined ? [] : [`...${inParentheses(print(items, printing))}[]`];
  return `[${[...elements, ...rest].join(", ")}]`;
}

function printObject(schema: JsonSchema, printing: Printing): string {
  const required = new Set(listOf(schema["required"]));
  const properties = entriesOf(schema["properties"]).map(([name, property]) => {
    const optional = required.has(name) ? "" : "?";
    return `${printName(name)}${optional}: ${print(property, printing)}`;
  });
  const others = schema["additionalProperties"];
  if (properties.length === 0) {
    if (others === false) return "Record<string, never>";
    return `Record<string, ${isObject(others) ? print(others, printing) : "any"}>`;
  }
  // An index signature has to agree with every named property, which the schema does not promise.
  if (isObject(others)) properties.push("[name: string]: any");
  return `{ ${properties.join("; ")} }`;
}

const printName = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function printLiteral(value: unknown): string {
  const isPlain = value === null || ["string", "number", "boolean"].includes(typeof value);
  return isPlain ? JSON.stringify(value) : "any";
}

function unionOf(types: readonly string[]): string {
  const distinct = [...new Set(types)].filter((type) => type !== "never");
  if (distinct.includes("any")) return "any";
  return distinct.length === 0 ? "never" : distinct.join(" | ");
}

function intersectionOf(types: readonly string[]): string {
  const distinct = [...new Set(types)].filter((type) => type !== "any");
  return distinct.length === 0 ? "any" : distinct.map(inParentheses).join(" & ");
}

const inParentheses = (type: string): string => (/^[\w[\].]+$|^\{[^{}]*\}$/.test(type) ? type : `(${type})`);
