/** The latest check of one project: made again, in the background, when the project has changed and somebody asks. */
import type { ts } from "ts-morph";

import type { Compilation } from "../index.js";
import { type Finding, groupFindings } from "./findings.js";

export type OpenCompiler = (
  project: string,
  overlay: (path: string) => string | undefined,
) => Promise<() => Compilation>;

/** What a check needs of the editor's side. */
export interface CheckedProject {
  /** Absolute: the tsconfig. */
  readonly project: string;
  /** Another one after each change of any file. */
  readonly version: () => string;
  /** The editor's program, with texts that are not saved. */
  readonly program: () => ts.Program | undefined;
  readonly openCompiler: OpenCompiler;
  /** Calls once after `ms`, unless what it returns is called before. */
  readonly schedule: (task: () => Promise<void>, ms: number) => () => void;
  /** There is something new to ask for. */
  readonly checked: () => void;
  readonly failed: (error: unknown) => void;
}

export interface Check {
  /** Of the project, as it was checked; null before the first check. */
  readonly version: string | null;
  readonly findings: ReadonlyMap<string, readonly Finding[]>;
  /** What was checked, of files that findings are in. */
  readonly texts: ReadonlyMap<string, string>;
  /** Of the manifest, sorted; while there are errors, those of the manifest before and the declared ones. */
  readonly eventNames: readonly string[];
}

/** Long enough to let a word be typed, and below what is felt as waiting. */
const settleMs = 200;

export class ProjectCheck {
  readonly #project: CheckedProject;
  #latest: Check = { version: null, findings: new Map(), texts: new Map(), eventNames: [] };
  #awaited: string | null = null;
  #cancel: (() => void) | null = null;
  #compiler: Promise<() => Compilation> | null = null;
  /** Only while the compiler runs: a program takes much memory. */
  #program: ts.Program | undefined;
  #closed = false;

  constructor(project: CheckedProject) {
    this.#project = project;
  }

  /** The latest check, at once. When it is of an older version of the project, another one begins soon. */
  latest(): Check {
    const version = this.#project.version();
    if (version !== this.#latest.version && version !== this.#awaited && !this.#closed) {
      this.#awaited = version;
      this.#cancel?.();
      this.#cancel = this.#project.schedule(() => this.#check(), settleMs);
    }
    return this.#latest;
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  async #check(): Promise<void> {
    let version: string | null = null;
    try {
      this.#compiler ??= this.#project.openCompiler(this.#project.project, (path) => this.#readOpen(path)?.text);
      const compile = await this.#compiler;
      if (this.#closed) return;
      this.#program = this.#project.program();
      version = this.#project.version();
      if (version === this.#latest.version) return;
      this.#latest = this.#describe(compile(), version);
    } catch (error) {
      // What is known is no longer true, and the compiler may be in the middle of something: the next change begins anew.
      this.#compiler = null;
      this.#latest = { ...this.#latest, version: version ?? this.#awaited, findings: new Map(), texts: new Map() };
      this.#project.failed(error);
    } finally {
      this.#program = undefined;
      this.#awaited = null;
    }
    this.#project.checked();
  }

  #describe({ diagnostics, root, manifest, eventNames }: Compilation, version: string): Check {
    const findings = groupFindings(diagnostics, root, (fileName) => this.#readOpen(fileName)?.text);
    const places = [...findings.values()].flat().flatMap(({ place, related }) => [place, ...related]);
    const texts = new Map<string, string>();
    for (const { fileName } of places) {
      const text = this.#readOpen(fileName)?.text;
      if (text !== undefined) texts.set(fileName, text);
    }
    const names = manifest ? eventNames : [...new Set([...this.#latest.eventNames, ...eventNames])].sort();
    return { version, findings, texts, eventNames: names };
  }

  /** Packages are not edited, and the compiler has its own way to read them. */
  #readOpen(path: string): ts.SourceFile | undefined {
    return path.includes("/node_modules/") ? undefined : this.#program?.getSourceFile(path);
  }
}
