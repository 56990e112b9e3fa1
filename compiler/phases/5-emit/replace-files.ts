import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

/**
 * Writes files into a folder, all or none: everything is on the disk before the first one is replaced, and when one
 * cannot be replaced, those before it get their old content back. Other files of the folder stay. A file whose content
 * is the same is left alone, so that whoever watches it is not woken.
 */
export async function replaceFiles(files: ReadonlyMap<string, string>, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const changed: { name: string; old: string | null }[] = [];
  for (const [name, text] of files) {
    const old = await readIfThere(path.join(to, name));
    if (old !== text) changed.push({ name, old });
  }
  if (changed.length === 0) return;
  // Inside the target: on the same disk, so that each rename is one step.
  const prepared = await mkdtemp(path.join(to, ".building-"));
  const replaced: typeof changed = [];
  try {
    for (const { name } of changed) await writeFile(path.join(prepared, name), files.get(name) ?? "");
    for (const each of changed) {
      await rename(path.join(prepared, each.name), path.join(to, each.name));
      replaced.push(each);
    }
  } catch (error) {
    for (const { name, old } of replaced) await restore(path.join(to, name), old);
    throw error;
  } finally {
    await rm(prepared, { recursive: true, force: true });
  }
}

const restore = (file: string, old: string | null): Promise<void> => (old === null ? rm(file) : writeFile(file, old));

/** Null for what cannot be read: replacing it then says why. */
async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch {
    return null;
  }
}
