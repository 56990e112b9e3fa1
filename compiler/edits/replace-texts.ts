import { randomUUID } from "node:crypto";
import { readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface ReplacedText {
  /** Absolute. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Writes changed texts over files: all are on the disk before the first file is replaced, and each is replaced in one step, with the mode
 * it had; a link stays one. Throws, and changes nothing, when a file is no longer as it was read.
 */
export async function replaceTexts(texts: readonly ReplacedText[]): Promise<void> {
  const prepared: { from: string; to: string }[] = [];
  try {
    for (const { path, before, after } of texts) {
      const to = await realpath(path);
      if ((await readFile(to, "utf8")) !== before) throw new Error(`\`${path}\` has changed in the meantime`);
      const from = join(dirname(to), `.${basename(to)}.${randomUUID()}.tmp`);
      prepared.push({ from, to });
      await writeFile(from, after, { mode: (await stat(to)).mode });
    }
    for (const { from, to } of prepared) await rename(from, to);
  } finally {
    await Promise.all(prepared.map(({ from }) => rm(from, { force: true })));
  }
}
