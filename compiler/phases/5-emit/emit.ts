/** Phase 5: the manifest → files. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { manifestSchema, type Manifest } from "../../../runtime/manifest/manifest.js";
import { bundleApp } from "./bundle-app.js";
import { renderFiles } from "./render-files.js";
import { replaceFiles } from "./replace-files.js";

export interface EmitOptions {
  /** Absolute; what the places in the manifest are relative to. */
  readonly root: string;
  /** Absolute. */
  readonly outDir: string;
  /** Absolute; of the application, for its path aliases. */
  readonly tsconfig?: string | undefined;
}

/** In the order in which they are replaced: the bundle, which `start` loads, comes last. */
export const emittedNames = ["manifest.json", "client.ts", "app.ts", "app.mjs"] as const;

/**
 * Writes `manifest.json`, `client.ts`, `app.ts` and `app.mjs`, all or none. Equal input gives equal bytes.
 *
 * @throws when the bundle cannot be made or the folder cannot be written; what was there before is unchanged then
 */
export async function emit(manifest: Manifest, { root, outDir, tsconfig }: EmitOptions): Promise<void> {
  manifestSchema.parse(manifest);
  // Beside the target: on the same disk, and at the same depth, so that relative imports are right in both.
  await mkdir(path.dirname(outDir), { recursive: true });
  const folder = await mkdtemp(`${outDir}.building-`);
  try {
    for (const [name, text] of Object.entries(renderFiles(manifest, { root, outDir }))) {
      await writeFile(path.join(folder, name), text);
    }
    await bundleApp({ folder, packageName: manifest.app.package, tsconfig });
    await replaceFiles(emittedNames, folder, outDir);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
