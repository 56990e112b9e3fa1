import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

import type { ApplicationError } from "../codegen/application-error.js";
import type { Application } from "../codegen/application.js";
import { clearRegisteredFunctions } from "../define/registry.js";
import { CommandFailure } from "./command-failure.js";

/**
 * Loads what `stepwright build` has written. Each content is a module of its own: what was built anew is loaded anew, and the same
 * content gives the same application.
 *
 * @throws CommandFailure
 */
export async function loadApplicationFile(path: string): Promise<Application> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new CommandFailure(`there is no \`${path}\``, "run `stepwright build` first, or name the file with `--app`");
  }
  const url = pathToFileURL(file);
  url.searchParams.set("content", createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 16));
  // Functions that the new build no longer has would otherwise be taken for functions that it did not see.
  clearRegisteredFunctions();
  let loaded: unknown;
  try {
    loaded = await import(url.href);
  } catch (cause) {
    if (isApplicationError(cause)) throw new CommandFailure(`\`${path}\`: ${cause.message}`, cause.help, { cause });
    const trace = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    throw new CommandFailure(
      `\`${path}\` could not be loaded\n${trace.replace(/^/gm, "    ")}`,
      "correct the application, then run `stepwright build`",
      { cause },
    );
  }
  const application = typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : undefined;
  if (isApplication(application)) return application;
  throw new CommandFailure(
    `\`${path}\` is not an application`,
    "`--app` takes the `app.mjs` that `stepwright build` writes",
  );
}

/** By its name: the application may bring its own copy of the package. */
function isApplicationError(error: unknown): error is ApplicationError {
  return error instanceof Error && error.name === "ApplicationError" && "help" in error;
}

/** Only tells an application from something else: the generated file has checked its parts while it was loaded. */
function isApplication(value: unknown): value is Application {
  return (
    typeof value === "object" &&
    value !== null &&
    "appId" in value &&
    typeof value.appId === "string" &&
    "functions" in value &&
    Array.isArray(value.functions)
  );
}
