/** The builds of one `stepwright dev`. */
import { relative, resolve } from "node:path";
import type { Command } from "commander";

import { type Compilation, type Compiler, createCompiler } from "../index.js";
import { createEmitter, type Emitter } from "../phases/5-emit/emit.js";
import { countNoun, formatSeconds, listFound } from "./build-summary.js";
import type { Settings } from "./read-settings.js";
import { refuseBadProject, renderReport } from "./report.js";

export interface DevBuildOptions {
  readonly compile: Settings["compile"];
  /** Absolute; null: `.stepwright` beside the tsconfig. */
  readonly out: string | null;
}

/** Builds again and again, and prints what is new about each build. */
export class DevBuild {
  #last: Compilation | null = null;
  #report = "";
  #emitter: Emitter | null = null;

  #compiler: Compiler;

  constructor(private readonly options: DevBuildOptions) {
    this.#compiler = createCompiler(options.compile);
  }

  /** Absolute; known after the first build. */
  get root(): string {
    return this.#last?.root ?? process.cwd();
  }

  get outDir(): string {
    return this.options.out ?? resolve(this.root, ".stepwright");
  }

  /** The application's source files, absolute. */
  get files(): readonly string[] {
    return this.#last?.files ?? [];
  }

  /** Gives true when there is a new build to run. The first time, a project that is none ends the command. */
  async run(command: Command): Promise<boolean> {
    const started = performance.now();
    const compilation = this.#compile();
    if (compilation === null) return false;
    if (!this.#last) refuseBadProject(compilation, this.options.compile.project, command);
    this.#last = compilation;
    const { manifest, diagnostics, root } = compilation;
    const report = renderReport("text", diagnostics, root);
    // warnings that stay are said once
    if (report !== this.#report || !manifest) process.stdout.write(report);
    this.#report = report;
    const built = manifest !== null && (await this.#emit(manifest, compilation));
    process.stdout.write(this.#summarise(compilation, built, performance.now() - started));
    return built;
  }

  async close(): Promise<void> {
    await this.#emitter?.close();
  }

  /** Null after a fault of the compiler itself, which must not end the runs: the next build begins anew. */
  #compile(): Compilation | null {
    try {
      return this.#compiler.compile();
    } catch (error) {
      if (!this.#last) throw error;
      this.#compiler = createCompiler(this.options.compile);
      const trace = error instanceof Error ? error.stack : String(error);
      process.stderr.write(`internal error: ${trace}\nThis is a fault of stepwright itself; please report it.\n`);
      return null;
    }
  }

  #summarise({ manifest, diagnostics, waivers }: Compilation, built: boolean, tookMs: number): string {
    const counts = listFound(diagnostics, waivers).join(", ");
    const took = formatSeconds(tookMs);
    if (!built) return `not built: ${counts || "nothing was written"} in ${took}; the last good build goes on\n`;
    const functions = countNoun(manifest?.functions.length ?? 0, "function");
    const out = relative(process.cwd(), this.outDir) || ".";
    return `built ${functions}${counts && `, ${counts}`} in ${took} → ${out}\n`;
  }

  /** What fails here is the application's bundle or the disk; the old files are still there. */
  async #emit(manifest: NonNullable<Compilation["manifest"]>, compilation: Compilation): Promise<boolean> {
    const { root, configPath, importAttributes } = compilation;
    this.#emitter ??= createEmitter({
      root,
      outDir: this.outDir,
      importAttributes,
      ...(configPath !== null && { tsconfig: configPath }),
    });
    try {
      await this.#emitter.emit(manifest);
      return true;
    } catch (error) {
      process.stderr.write(`error: nothing was written: ${error instanceof Error ? error.message : String(error)}\n`);
      return false;
    }
  }
}
