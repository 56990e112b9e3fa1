import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ts } from "ts-morph";

/** What a tsconfig says, with its references followed. */
export interface ProjectConfig {
  /** Absolute, with `/`: the folder of the tsconfig, or the working directory when there is none. */
  readonly root: string;
  readonly configPath: string | null;
  readonly fileNames: readonly string[];
  readonly options: ts.CompilerOptions;
  /** What is wrong with the configuration itself; the program is read as far as it goes. */
  readonly problems: readonly string[];
}

/** Without a tsconfig, JavaScript counts as well. */
const defaultOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  strict: true,
  allowJs: true,
  jsx: ts.JsxEmit.Preserve,
};

/**
 * `project` is a tsconfig or a folder; without it the nearest `tsconfig.json` of `cwd` or above.
 * A tsconfig that has only references (a solution) stands for the files of all of them. `entry` are patterns relative to the root, of
 * files that take the place of the tsconfig's; its declarations stay.
 */
export function readProjectConfig(cwd: string, project: string | undefined, entry?: readonly string[]): ProjectConfig {
  const config = readConfigFile(cwd, project);
  if (entry === undefined) return config;
  const entries = listEntries(config, entry);
  const declarations = config.fileNames.filter((file) => /\.d\.[cm]?ts$/.test(file));
  const problem = entries.length === 0 ? ["`entry` of the Stepwright configuration matches no file"] : [];
  return {
    ...config,
    fileNames: [...new Set([...entries, ...declarations])],
    problems: [...config.problems, ...problem],
  };
}

/** Absolute, with `/`: the folder of the tsconfig that `readProjectConfig` reads. */
export function findProjectRoot(cwd: string, project: string | undefined): string {
  const configPath = findConfig(cwd, project);
  if (configPath !== null) return slashes(dirname(configPath));
  return slashes(project === undefined ? resolve(cwd) : resolve(cwd, project));
}

function listEntries({ root }: ProjectConfig, patterns: readonly string[]): string[] {
  const left = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  const taken = patterns.filter((pattern) => !pattern.startsWith("!"));
  // TypeScript leaves out what an explicit list of exclusions does not name.
  const never = ["**/node_modules", "**/*.d.ts", ".stepwright"];
  return ts.sys.readDirectory(root, sourceExtensions, [...left, ...never], taken.length > 0 ? taken : ["**/*"]);
}

const sourceExtensions = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

function readConfigFile(cwd: string, project: string | undefined): ProjectConfig {
  const configPath = findConfig(cwd, project);
  const problems: string[] = [];
  if (configPath === null) {
    const root = findProjectRoot(cwd, project);
    const parsed = ts.parseJsonConfigFileContent({ compilerOptions: {} }, ts.sys, root, defaultOptions);
    if (project !== undefined && !existsSync(root)) problems.push(`\`${project}\` does not exist`);
    return { root, configPath: null, fileNames: parsed.fileNames, options: quiet(parsed.options), problems };
  }
  const files = new Set<string>();
  const options = collectConfig(configPath, files, problems, new Set());
  return {
    root: slashes(dirname(configPath)),
    configPath,
    fileNames: [...files],
    options: quiet(options ?? defaultOptions),
    problems,
  };
}

function findConfig(cwd: string, project: string | undefined): string | null {
  if (project === undefined) return ts.findConfigFile(resolve(cwd), ts.sys.fileExists) ?? null;
  const path = resolve(cwd, project);
  if (ts.sys.directoryExists(path)) {
    const inFolder = join(path, "tsconfig.json");
    return existsSync(inFolder) ? inFolder : null;
  }
  return existsSync(path) ? path : null;
}

/** The options of the first configuration that has files of its own. */
function collectConfig(
  configPath: string,
  files: Set<string>,
  problems: string[],
  seen: Set<string>,
): ts.CompilerOptions | null {
  if (seen.has(configPath)) return null;
  seen.add(configPath);
  const parsed = ts.getParsedCommandLineOfConfigFile(
    configPath,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic },
  );
  if (!parsed) {
    problems.push(`\`${configPath}\` cannot be read`);
    return null;
  }
  // What does not parse is read as far as it goes, and is not among the errors.
  const { error: syntaxError } = ts.readConfigFile(configPath, ts.sys.readFile);
  if (syntaxError) problems.push(ts.flattenDiagnosticMessageText(syntaxError.messageText, "\n"));
  for (const error of parsed.errors) problems.push(ts.flattenDiagnosticMessageText(error.messageText, "\n"));
  for (const file of parsed.fileNames) files.add(file);
  let options: ts.CompilerOptions | null = parsed.fileNames.length > 0 ? parsed.options : null;
  for (const reference of parsed.projectReferences ?? []) {
    const below = collectConfig(ts.resolveProjectReferencePath(reference), files, problems, seen);
    options ??= below;
  }
  return options ?? parsed.options;
}

function onUnRecoverableConfigFileDiagnostic(): void {
  // The caller sees the missing result.
}

/**
 * Only reading: nothing is emitted or checked. One library for all programs, so that it is parsed once in a process;
 * the platform's own types are `platform-types.ts`.
 */
function quiet(options: ts.CompilerOptions): ts.CompilerOptions {
  const { incremental, composite, tsBuildInfoFile, declaration, declarationMap, ...kept } = options;
  return { ...kept, noEmit: true, skipLibCheck: true, noCheck: true, lib: ["lib.esnext.d.ts"], types: [] };
}

function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}
