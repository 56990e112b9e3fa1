import { dirname } from "node:path";
import { watch } from "chokidar";

export interface WatchOptions {
  /** Absolute; the whole folder is watched, for files that are new. */
  readonly root: string;
  /** Absolute; those outside of the root are watched one by one. */
  readonly files: readonly string[];
  /** Absolute: the folder that is built into. */
  readonly ignored: string;
  /** Milliseconds since 1970: files written after it count as changed when the watch begins. */
  readonly since: number;
  /** Called after a change, never twice at one time. */
  readonly changed: () => Promise<void>;
}

export interface Watch {
  /** Rejects when `changed` does. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** Editors write a file in several steps, and a branch switch changes many: one build for all, this long after the last. */
const quietMs = 40;

const source = /\.(?:[cm]?[jt]sx?|json)$/;
const never = /[\\/](?:node_modules|\.git|dist|coverage)(?:[\\/]|$)/;

export function watchSources({ root, files, ignored, since, changed }: WatchOptions): Watch {
  const outside = files.filter((file) => !file.startsWith(`${root}/`)).map((file) => dirname(file));
  const watcher = watch([root, ...new Set(outside)], {
    // to find what was changed while the first build ran
    alwaysStat: true,
    ignored: (path, stats) => {
      const inside = path.slice(root.length);
      return never.test(inside) || path.startsWith(ignored) || (stats?.isFile() === true && !source.test(path));
    },
  });
  let ready = false;
  watcher.once("ready", () => (ready = true));
  const state = { timer: undefined as NodeJS.Timeout | undefined, busy: false, again: false };
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const build = async (): Promise<void> => {
    if (state.busy) {
      state.again = true;
      return;
    }
    state.busy = true;
    try {
      do {
        state.again = false;
        await changed();
      } while (state.again);
    } catch (error) {
      fail(error);
    } finally {
      state.busy = false;
    }
  };
  watcher.on("all", (event, _path, stats) => {
    if (!ready && (event === "addDir" || (stats?.mtimeMs ?? 0) <= since)) return;
    clearTimeout(state.timer);
    state.timer = setTimeout(() => void build(), quietMs);
  });
  return {
    failed,
    async close() {
      clearTimeout(state.timer);
      await watcher.close();
    },
  };
}
