import type { FunctionEntry, Manifest } from "../../../runtime/manifest/manifest.js";

/** One way to print a manifest; the text of an entry that an edit does not concern is kept, for it stays the same object. */
type PrintManifest = (manifest: Manifest) => string;

/** `manifest.json`: with two spaces of indentation, as `JSON.stringify(manifest, null, 2)`. */
export const printManifest: PrintManifest = makePrinter({
  entry: (entry) => indent(JSON.stringify(entry, null, 2), "    "),
  list: (texts) => (texts.length === 0 ? "[]" : `[\n    ${texts.join(",\n    ")}\n  ]`),
  rest: (value) => indent(JSON.stringify(value, null, 2), "  "),
  whole: (fields) => `{\n${fields.map(([name, text]) => `  ${JSON.stringify(name)}: ${text}`).join(",\n")}\n}\n`,
});

/** A string literal of JavaScript that holds the manifest as JSON without layout. */
export const printManifestLiteral: PrintManifest = makePrinter({
  entry: printInString,
  list: (texts) => `[${texts.join(",")}]`,
  rest: printInString,
  whole: (fields) => `"{${fields.map(([name, text]) => `${printInString(name)}:${text}`).join(",")}}"`,
});

interface Form {
  readonly entry: (entry: FunctionEntry) => string;
  readonly list: (texts: readonly string[]) => string;
  readonly rest: (value: unknown) => string;
  readonly whole: (fields: readonly (readonly [name: string, text: string])[]) => string;
}

function makePrinter({ entry: printEntry, list, rest, whole }: Form): PrintManifest {
  const known = new WeakMap<FunctionEntry, string>();
  const recall = (entry: FunctionEntry): string => {
    let text = known.get(entry);
    if (text === undefined) known.set(entry, (text = printEntry(entry)));
    return text;
  };
  return ({ version, app, events, functions, waivers, opaque, hash }) =>
    whole([
      ["version", rest(version)],
      ["app", rest(app)],
      ["events", rest(events)],
      ["functions", list(functions.map(recall))],
      ["waivers", rest(waivers)],
      ["opaque", rest(opaque)],
      ["hash", rest(hash)],
    ]);
}

/** A line break inside of a text is escaped, so these are all between the parts. */
const indent = (json: string, by: string): string => json.replaceAll("\n", `\n${by}`);

function printInString(value: unknown): string {
  return JSON.stringify(JSON.stringify(value)).slice(1, -1);
}
