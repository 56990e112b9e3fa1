/** What `stepwright.config.ts` exports; the entry `stepwright/config` of the package. */
import type { DiagnosticCode } from "../diagnostics/codes.js";

/** How a finding is reported: `error` stops the build, `off` says nothing. */
export type RuleLevel = "error" | "warning" | "info" | "off";

export interface StepwrightConfig {
  /**
   * The level of all findings of a code; without one each has the severity that `stepwright explain <code>` tells. What the manifest
   * cannot hold stays an error.
   */
  readonly rules?: Readonly<Partial<Record<DiagnosticCode, RuleLevel>>>;
  /**
   * Where the application begins: patterns (`*`, `**`, `?`; with `!` in front: left out) relative to the folder of this file. These
   * files, and what they import, take the place of the tsconfig's `include`.
   */
  readonly entry?: readonly string[];
  /** Where builds are written to, relative to the folder of this file; by default `.stepwright`. */
  readonly out?: string;
}

/**
 * Gives the configuration back as it is; the editor knows its fields by it.
 *
 * @example export default defineConfig({ rules: { "event-cycle": "off" }, entry: ["src/functions/*.ts"] });
 */
export function defineConfig(config: StepwrightConfig): StepwrightConfig {
  return config;
}
