/** `stepwright explain [code]`. */
import { Command } from "commander";
import pc from "picocolors";

import { diagnosticCodes, isDiagnosticCode, listDiagnosticCodes } from "../diagnostics/codes.js";
import { readExplainPage } from "../diagnostics/explain-pages.js";
import { explainDifference } from "../diff/explanations.js";
import { findNearestName } from "../diagnostics/nearest-name.js";

export function makeExplainCommand(): Command {
  return new Command("explain")
    .description("Explains a code of `build` and `check` or of `diff`; without one, lists those of `check`.")
    .argument("[code]", "such as `duplicate-step-id`")
    .action((code: string | undefined, _options: unknown, command: Command) => {
      if (code === undefined) process.stdout.write(listCodes());
      else if (isDiagnosticCode(code)) process.stdout.write(paintPage(readExplainPage(code)));
      else {
        const page = explainDifference(code);
        if (page === null) command.error(describeUnknown(code));
        else process.stdout.write(paintPage(page));
      }
    });
}

function listCodes(): string {
  const codes = listDiagnosticCodes();
  const width = Math.max(...codes.map((code) => code.length));
  return codes
    .map((code) => {
      const { severity, title } = diagnosticCodes[code];
      return `${code.padEnd(width)}  ${severity.padEnd(7)}  ${title}\n`;
    })
    .join("");
}

function describeUnknown(code: string): string {
  const nearest = findNearestName(code, listDiagnosticCodes());
  const hint = nearest === null ? "`stepwright explain` lists the codes" : `did you mean \`${nearest}\`?`;
  return `error: there is no code \`${code}\`; ${hint}`;
}

/** Headings in bold on a terminal; elsewhere the page as it is. */
function paintPage(page: string): string {
  return pc.isColorSupported && process.stdout.isTTY ? page.replace(/^#+ .*$/gm, (heading) => pc.bold(heading)) : page;
}
