/** Phase 5: the manifest → files. */
import { mkdir } from "node:fs/promises";
import type { Manifest } from "../../../runtime/manifest/manifest.js";
import { createBundler, type Bundler } from "./bundle-app.js";
import { mayHaveAttributes } from "./module-format.js";
import { renderFiles } from "./render-files.js";
import { replaceFiles } from "./replace-files.js";

export interface EmitOptions {
  /** Absolute; what the places in the manifest are relative to. */
  readonly root: string;
  /** Absolute. */
  readonly outDir: string;
  /** Where `app.ts` may import JSON with an attribute; everywhere by default. */
  readonly importAttributes?: "always" | "never" | "modules" | undefined;
  /** Absolute; of the application, for its path aliases. */
  readonly tsconfig?: string | undefined;
}

export interface Emitter {
  /**
   * Writes `manifest.json`, `client.ts`, `app.ts` and `app.mjs`, all or none. Equal input gives equal bytes.
   *
   * @throws when the bundle cannot be made or the folder cannot be written; what was there before is unchanged then
   */
  emit(manifest: Manifest): Promise<void>;
  close(): Promise<void>;
}

/** In the order in which they are replaced: the bundle, which `start` loads, comes last. */
export const emittedNames = ["manifest.json", "client.ts", "app.ts", "app.mjs"] as const;

/** An emitter for builds that follow each other: what has not changed is not read again. Close it to end. */
export function createEmitter({ root, outDir, tsconfig, importAttributes }: EmitOptions): Emitter {
  let bundler: Promise<Bundler> | null = null;
  return {
    async emit(manifest) {
      await mkdir(outDir, { recursive: true });
      const files = renderFiles(manifest, { root, outDir }, mayHaveAttributes(importAttributes, outDir));
      bundler ??= createBundler({ outDir, tsconfig });
      const bundle = await (
        await bundler
      ).bundle({
        packageName: manifest.app.package,
        app: files["app.ts"],
        manifest,
      });
      await replaceFiles(new Map([...Object.entries(files), ["app.mjs", bundle]]), outDir);
    },
    async close() {
      await (await bundler)?.close();
    },
  };
}

/** One build: see `Emitter.emit`. */
export async function emit(manifest: Manifest, options: EmitOptions): Promise<void> {
  const emitter = createEmitter(options);
  try {
    await emitter.emit(manifest);
  } finally {
    await emitter.close();
  }
}
