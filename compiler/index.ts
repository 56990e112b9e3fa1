import { countBySeverity, type Diagnostic } from "./diagnostics/diagnostic.js";
import type { Manifest } from "../runtime/manifest/manifest.js";
import { type ImportAttributes, importAttributesOf } from "./phases/1-source/import-attributes.js";
import { openSource, type Source } from "./phases/1-source/open-source.js";
import { readProjectConfig } from "./phases/1-source/project-config.js";
import { buildModel } from "./phases/2-model/build-model.js";
import { createFacts } from "./phases/2-model/facts.js";
import { checkModel, type RuleLevels } from "./phases/3-check/check.js";
import { buildManifest } from "./phases/4-manifest/build-manifest.js";

export interface CompileOptions {
  /** A tsconfig or a folder; by default the nearest `tsconfig.json` above `cwd`. */
  readonly project?: string | undefined;
  readonly cwd?: string | undefined;
  /** In ms since 1970, by default the present: from when on the ticks of schedules are looked at. */
  readonly now?: number | undefined;
  /** How the findings of a code are reported, where it is not as the code's own table says. */
  readonly levels?: RuleLevels | undefined;
  /** Patterns of files, relative to the tsconfig's folder, in place of those of the tsconfig. */
  readonly entry?: readonly string[] | undefined;
  /** The text of a file (absolute, with `/`) where it is not that on the disk; undefined: as on the disk. */
  readonly overlay?: ((path: string) => string | undefined) | undefined;
}

export interface Compilation {
  /** Null when there are errors. */
  readonly manifest: Manifest | null;
  /** Of the manifest's events, sorted; of the declared ones alone when there are errors. */
  readonly eventNames: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** How many comments take a finding back. */
  readonly waivers: number;
  /** The application's source files, absolute. */
  readonly files: readonly string[];
  /** Absolute: what the files of diagnostics are relative to. */
  readonly root: string;
  /** Absolute; null when there is no tsconfig. */
  readonly configPath: string | null;
  /** Where emitted files may have import attributes. */
  readonly importAttributes: ImportAttributes;
  /** What is wrong with the tsconfig itself. */
  readonly configProblems: readonly string[];
}

/** Compiles an application. Throws only for faults of the compiler itself. */
export function compile(options: CompileOptions = {}): Compilation {
  return createCompiler(options).compile();
}

export interface Compiler {
  /** Reads what has changed since the last time, and takes everything else over. */
  readonly compile: () => Compilation;
}

/** For a watch mode: compiles one application again and again. It holds the whole program in memory. */
export function createCompiler(options: CompileOptions = {}): Compiler {
  const facts = createFacts();
  let previous: Source | undefined;
  return {
    compile() {
      const config = readProjectConfig(options.cwd ?? process.cwd(), options.project, options.entry);
      const source = openSource(config, previous, options.overlay);
      const model = buildModel(source, facts);
      const { diagnostics, waivers } = checkModel(model, options.now ?? Date.now(), options.levels);
      const manifest = countBySeverity(diagnostics).error > 0 ? null : buildManifest(model);
      previous = source;
      return {
        manifest,
        eventNames: [...new Set((manifest ?? model).events.map(({ name }) => name))].sort(),
        diagnostics,
        waivers,
        files: source.files.map((file) => file.fileName),
        root: source.root,
        configPath: config.configPath,
        importAttributes: importAttributesOf(config.options),
        configProblems: config.problems,
      };
    },
  };
}
