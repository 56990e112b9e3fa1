import { type CompileOptions, createCompiler } from "../index.js";
import type { Compilation } from "../index.js";
import { type Watch, watchSources } from "./watch-sources.js";

export interface CheckWatch {
  /** Rejects when a check has failed because of a fault of the compiler itself. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

export interface WatchCheckOptions {
  readonly compile: CompileOptions;
  /** Absolute: where builds go; what is in it is no source. */
  readonly outDir: (root: string) => string;
  /** Called with the first check and with that after each change; `tookMs` is from the change being noticed. */
  readonly checked: (compilation: Compilation, tookMs: number) => void;
}

/** Checks an application, and again after each change of its files: only what a change can have an effect on is read again. */
export function watchCheck({ compile, outDir, checked }: WatchCheckOptions): CheckWatch {
  const compiler = createCompiler(compile);
  const check = (): Compilation => {
    const started = performance.now();
    const compilation = compiler.compile();
    checked(compilation, performance.now() - started);
    return compilation;
  };
  const since = Date.now();
  const { root, files } = check();
  const watch: Watch = watchSources({
    root,
    files,
    ignored: outDir(root),
    since,
    changed: async () => void check(),
  });
  return { failed: watch.failed, close: () => watch.close() };
}
