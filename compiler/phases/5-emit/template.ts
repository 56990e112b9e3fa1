import { readFileSync } from "node:fs";
import Handlebars from "handlebars";

import { packageFile } from "../../../runtime/manifest/package-files.js";

/**
 * The templates' own copy of handlebars: text goes out as it is, and only these helpers print. `json` prints data,
 * `ident` prints a name, `code` prints what a view has made as code (a type, a closure, an access to members).
 */
const handlebars = Handlebars.create();
handlebars.registerHelper("json", (value: unknown) => JSON.stringify(value));
handlebars.registerHelper("ident", (name: unknown) => {
  if (typeof name === "string" && /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name)) return name;
  throw new Error(`internal error: \`${String(name)}\` is not an identifier`);
});
handlebars.registerHelper("code", (text: unknown) => text);

/** Strict: a name that the view does not have is a mistake. Known helpers are called without a search at run time. */
const options = { noEscape: true, strict: true, knownHelpers: { json: true, ident: true, code: true } };

const compiled = new Map<string, HandlebarsTemplateDelegate>();

/** What was printed last: most edits change neither names nor types, and to compare is much faster than to print. */
const last = new Map<string, { readonly view: string; readonly text: string }>();

/** Files of `templates/`, without `.hbs`. */
export type TemplateName = "app.ts" | "client.ts" | "catalog.md" | "init/client.ts" | "init/hello.ts";

/** Fills in a file of `templates/`. */
export function renderTemplate(name: TemplateName, view: object): string {
  let template = compiled.get(name);
  if (!template) {
    const source = readFileSync(packageFile(`templates/${name}.hbs`), "utf8");
    template = handlebars.compile(source, options);
    compiled.set(name, template);
  }
  const key = JSON.stringify(view);
  const known = last.get(name);
  if (known?.view === key) return known.text;
  const text = template(view);
  last.set(name, { view: key, text });
  return text;
}
