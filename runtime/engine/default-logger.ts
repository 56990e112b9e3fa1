import { pino } from "pino";
import type { Logger } from "../define/logger.js";

/** Lines of JSON on the error output, as the server writes them: the output belongs to the command. */
export function createDefaultLogger(): Logger {
  const level = process.env["STEPWRIGHT_LOG_LEVEL"] ?? process.env["INNGEST_LOG_LEVEL"] ?? "info";
  return pino(
    { base: null, level: level in pino.levels.values || level === "silent" ? level : "info" },
    pino.destination({ dest: 2, sync: true }),
  );
}
