/**
 * What the plug-in loads when a file is asked about for the first time: the compiler and its own TypeScript take half a second
 * and 60 MB, which an editor that opens another project should not pay for. A file of its own, as the plug-in is CommonJS.
 */
import { loadConfig } from "../config/load-config.js";
import { type Compilation, createCompiler } from "../index.js";
import { findProjectRoot } from "../phases/1-source/project-config.js";

/** The incremental compiler of a tsconfig (absolute). Rejects when the project's `stepwright.config.ts` is wrong. */
export async function openCompiler(
  project: string,
  overlay: (path: string) => string | undefined,
): Promise<() => Compilation> {
  const loaded = await loadConfig(findProjectRoot(project, project));
  if (!loaded.ok) throw new Error(`${loaded.path}: ${loaded.problems.join("; ")}`);
  const { rules, entry } = loaded.config;
  const compiler = createCompiler({ project, overlay, ...(rules && { levels: rules }), ...(entry && { entry }) });
  return () => compiler.compile();
}
