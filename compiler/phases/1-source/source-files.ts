import { Project, ts } from "ts-morph";
import type { OurPackage } from "./our-package.js";
import { platformTypesPath, platformTypesText } from "./platform-types.js";
import { packageTypesPath, packageTypesText } from "./package-types.js";

/**
 * Parsed files, shared by all programs of this process: a standard library is parsed and bound once however many
 * small programs are compiled. A file is parsed again when its text has changed.
 */
interface Parsed {
  readonly version: string;
  readonly file: ts.SourceFile;
}

const parsedFiles = new Map<string, Parsed>();

/** Where ts-morph keeps the standard library, which it carries as text and not as files. */
const libraryFolder = "/node_modules/typescript/lib";
let libraryHost: ts.ModuleResolutionHost | null = null;

function readLibrary(path: string): string | undefined {
  libraryHost ??= new Project({ useInMemoryFileSystem: true }).getModuleResolutionHost();
  return libraryHost.readFile(path);
}

function isLibrary(path: string): boolean {
  return path.startsWith(`${libraryFolder}/lib.`);
}

/** Files that are carried along, not read. */
function readCarried(path: string): string | undefined {
  if (path === packageTypesPath) return packageTypesText;
  if (path === platformTypesPath) return platformTypesText;
  return isLibrary(path) ? readLibrary(path) : undefined;
}

/** Settings that make a difference to the tree (and to what the binder leaves on it). */
function settingsKey(options: ts.CompilerOptions, language: ts.CreateSourceFileOptions): string {
  return [
    language.languageVersion,
    language.impliedNodeFormat ?? "",
    language.jsDocParsingMode ?? "",
    options.strict ?? "",
    options.alwaysStrict ?? "",
    options.jsx ?? "",
    options.module ?? "",
    options.moduleDetection ?? "",
    options.allowJs ?? "",
    options.checkJs ?? "",
    options.preserveConstEnums ?? "",
  ].join(" ");
}

const packageTypes: ts.ResolvedModuleWithFailedLookupLocations = {
  resolvedModule: {
    resolvedFileName: packageTypesPath,
    extension: ts.Extension.Dts,
    isExternalLibraryImport: true,
    resolvedUsingTsExtension: false,
  },
};

/** A compiler host that reads through `readFile` and takes parsed files from the cache. */
export function createSharedHost(
  options: ts.CompilerOptions,
  readFile: (path: string) => string | undefined,
  ours: OurPackage,
): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  const directories = new Map<string, boolean>();
  const resolutions = ts.createModuleResolutionCache(host.getCurrentDirectory(), host.getCanonicalFileName, options);
  const exists = new Map<string, boolean>();
  return {
    ...host,
    // Types in comments count in JavaScript only.
    jsDocParsingMode: ts.JSDocParsingMode.ParseForTypeErrors,
    getDefaultLibLocation: () => libraryFolder,
    getDefaultLibFileName: (settings) => `${libraryFolder}/${ts.getDefaultLibFileName(settings)}`,
    readFile,
    fileExists(path) {
      if (isLibrary(path) || path === packageTypesPath || path === platformTypesPath) return true;
      let known = exists.get(path);
      if (known === undefined) exists.set(path, (known = ts.sys.fileExists(path)));
      return known;
    },
    directoryExists(path) {
      let known = directories.get(path);
      if (known === undefined) directories.set(path, (known = ts.sys.directoryExists(path)));
      return known;
    },
    resolveModuleNameLiterals(literals, containingFile, redirected, settings, sourceFile) {
      return literals.map((literal) => {
        const mode = ts.getModeForUsageLocation(sourceFile, literal, settings);
        const resolved = ts.resolveModuleName(
          literal.text,
          containingFile,
          settings,
          this,
          resolutions,
          redirected,
          mode,
        );
        const file = resolved.resolvedModule?.resolvedFileName;
        return ours.isOurs(literal.text, file ?? null) ? packageTypes : resolved;
      });
    },
    getSourceFile(path, languageOrVersion) {
      const language =
        typeof languageOrVersion === "object" ? languageOrVersion : { languageVersion: languageOrVersion };
      const key = `${path} ${settingsKey(options, language)}`;
      const known = parsedFiles.get(key);
      // Files of installed packages and libraries do not change while the process runs.
      if (known && (path.includes("/node_modules/") || path.endsWith(".d.ts"))) return known.file;
      const text = readCarried(path) ?? readFile(path);
      if (text === undefined) return undefined;
      if (known && known.version === text) return known.file;
      // Parents are set by the binder, which every file goes through.
      const file = ts.createSourceFile(path, text, language);
      // A program that is built from an older one compares this.
      Object.assign(file, { version: ts.sys.createHash ? ts.sys.createHash(text) : text });
      parsedFiles.set(key, { version: text, file });
      return file;
    },
  };
}
