/** `stepwright emit <document>`. */
import { Argument, Command } from "commander";

import { asyncapiDocument } from "../emissions/documents/asyncapi-document.js";
import { renderCatalog } from "../emissions/documents/catalog.js";
import { jsonSchemaDocument } from "../emissions/documents/json-schema-document.js";
import { openapiDocument } from "../emissions/documents/openapi-document.js";
import type { Manifest } from "../../runtime/manifest/manifest.js";
import { defaultManifest, readManifest } from "./read-manifest.js";
import { writeOutput } from "./write-output.js";

const print = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

const documents: Readonly<Record<string, (manifest: Manifest) => string>> = {
  asyncapi: (manifest) => print(asyncapiDocument(manifest)),
  catalog: renderCatalog,
  "json-schema": (manifest) => print(jsonSchemaDocument(manifest)),
  openapi: (manifest) => print(openapiDocument(manifest)),
};

export function makeEmitCommand(): Command {
  return new Command("emit")
    .description(
      "Writes a document about the built application: its events as AsyncAPI 3.0 or JSON Schema, its endpoints as OpenAPI 3.1, or all of it in Markdown.",
    )
    .addArgument(new Argument("<document>", "what to write").choices(Object.keys(documents)))
    .option("--manifest <path>", "of the application", defaultManifest)
    .option("--out <file>", "where to; the standard output without")
    .action((name: string, options: { manifest: string; out?: string }, command: Command) => {
      const manifest = readManifest(options.manifest, command);
      writeOutput(documents[name]?.(manifest) ?? "", options.out, command);
    });
}
