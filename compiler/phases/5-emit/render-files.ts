import type { Manifest } from "../../../runtime/manifest/manifest.js";
import { viewApp } from "./app-view.js";
import { viewClient } from "./client-view.js";
import type { EmitPlace } from "./import-path.js";
import { printManifest } from "./print-manifest.js";
import { renderTemplate } from "./template.js";

/** The written files by name. */
export interface RenderedFiles {
  readonly "manifest.json": string;
  readonly "client.ts": string;
  readonly "app.ts": string;
}

/** The text of everything that is emitted but the bundle. Equal manifests at equal places give equal bytes. */
export function renderFiles(manifest: Manifest, place: EmitPlace, importAttributes = true): RenderedFiles {
  return {
    "manifest.json": printManifest(manifest),
    "client.ts": renderTemplate("client.ts", viewClient(manifest, place)),
    "app.ts": renderTemplate("app.ts", viewApp(manifest, place, importAttributes)),
  };
}
