import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * A file or folder of this package that is not code, by its place in the sources; it is published at the same place. Found by
 * the package's own name, so that it does not matter in which file of a build the caller ends up, nor under which alias the
 * package was installed. @example packageFile("templates/app.ts.hbs")
 */
export function packageFile(path: string): string {
  return join(dirname(createRequire(import.meta.url).resolve("stepwright/package.json")), path);
}
