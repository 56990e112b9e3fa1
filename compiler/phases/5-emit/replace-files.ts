import { copyFile, mkdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";

/**
 * Moves files from one folder to another on the same disk, all or none: when one cannot be moved, those before it get
 * their old content back. Other files of the folder stay. A file whose content is the same is left alone, so that
 * whoever watches it is not woken.
 */
export async function replaceFiles(names: readonly string[], from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const backups = path.join(from, "replaced");
  await mkdir(backups);
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const name of names) {
      const [source, target, backup] = [path.join(from, name), path.join(to, name), path.join(backups, name)];
      if (await haveSameContent(source, target)) continue;
      const existed = await copyIfThere(target, backup);
      await rename(source, target);
      undo.unshift(() => (existed ? rename(backup, target) : rm(target)));
    }
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
}

async function haveSameContent(left: string, right: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([readFile(left), readFile(right)]);
    return one.equals(other);
  } catch {
    return false;
  }
}

async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
