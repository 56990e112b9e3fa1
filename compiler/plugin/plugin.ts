/**
 * A language-service plug-in of TypeScript: editors show the compiler's findings, and offer the names of events. It runs inside
 * the editor's TypeScript, so it uses that one for all that it does itself, never throws into it, and makes it wait only for
 * answers that are there. The compiler is loaded when a file is asked about, and runs when nobody types.
 *
 * @example tsconfig.json: { "compilerOptions": { "plugins": [{ "name": "stepwright/plugin" }] } }
 */
import type { ts } from "ts-morph";

import { findEventName, offerEvents } from "./complete-events.js";
import { toTypeScriptDiagnostic } from "./findings.js";
import { type OpenCompiler, ProjectCheck } from "./project-check.js";

/** What the tests put in the place of the real ones. */
export interface PluginParts {
  readonly openCompiler: OpenCompiler;
  readonly schedule: (task: () => Promise<void>, ms: number) => () => void;
}

const realParts: PluginParts = {
  openCompiler: async (...project) => (await import("./editor-compiler.js")).openCompiler(...project),
  schedule(task, ms) {
    const timer = setTimeout(() => void task(), ms);
    return () => clearTimeout(timer);
  },
};

/** Called by TypeScript once for each project that names the plug-in. */
export default function init(modules: { readonly typescript: typeof ts }): ts.server.PluginModule {
  return createPlugin(modules.typescript, realParts);
}

export function createPlugin(typescript: typeof ts, parts: PluginParts): ts.server.PluginModule {
  return { create: (info) => decorate(typescript, info, parts) };
}

function decorate(typescript: typeof ts, info: ts.server.PluginCreateInfo, parts: PluginParts): ts.LanguageService {
  const { languageService: host, project } = info;
  const log = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    project.projectService.logger.info(`stepwright: ${text}`);
  };
  /** Whatever fails here, the editor gets what it would get without the plug-in. */
  const attempt = <Answer>(own: Answer, improve: () => Answer): Answer => {
    try {
      return improve();
    } catch (error) {
      log(error);
      return own;
    }
  };
  const tsconfig = project.getProjectName();
  // A file without a tsconfig has a project with a made-up name.
  if (!typescript.sys.fileExists(tsconfig)) return host;

  const check = new ProjectCheck({
    project: tsconfig,
    version: () => versionOf(info.languageServiceHost),
    program: () => host.getProgram(),
    openCompiler: parts.openCompiler,
    schedule: parts.schedule,
    checked: () => attempt(undefined, () => project.refreshDiagnostics()),
    failed: log,
  });

  return {
    ...host,
    getSemanticDiagnostics(fileName) {
      const own = host.getSemanticDiagnostics(fileName);
      return attempt(own, () => {
        const { findings, texts } = check.latest();
        const program = host.getProgram();
        const here = program && findings.get(fileName);
        if (!here) return own;
        const ours = here.map((finding) =>
          toTypeScriptDiagnostic(typescript, finding, (each) => texts.get(each), program),
        );
        return [...own, ...ours.filter((each) => each !== null)];
      });
    },
    getCompletionsAtPosition(fileName, position, ...options) {
      const own = host.getCompletionsAtPosition(fileName, position, ...options);
      return attempt(own, () => {
        const program = host.getProgram();
        const literal = program && findEventName(typescript, program, fileName, position);
        return literal ? offerEvents(typescript, own, literal, position, check.latest().eventNames) : own;
      });
    },
    dispose() {
      check.close();
      host.dispose();
    },
  };
}

function versionOf(host: ts.LanguageServiceHost): string {
  return (
    host.getProjectVersion?.() ??
    host
      .getScriptFileNames()
      .map((file) => `${file}@${host.getScriptVersion(file)}`)
      .join("\n")
  );
}
