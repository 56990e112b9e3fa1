import { readId, readOptions, readTimeout } from "./step-arguments.js";
import { StepUseError } from "./step-errors.js";
import type { ReadOp } from "./step-tools.js";

/** `(id, { signal, timeout, onConflict? })`. */
export const readSignalWait: ReadOp = ([idOrOptions, options], { now }) => {
  const { id, name } = readId(idOrOptions);
  const given = readOptions(id, options);
  const signal = readSignal(id, given["signal"]);
  const timeoutMs = readTimeout(id, given["timeout"], now());
  if (timeoutMs === null) throw new StepUseError("invalid-step-options", `step \`${id}\` has no \`timeout\``);
  const onConflict = given["onConflict"] ?? "fail";
  if (onConflict !== "fail" && onConflict !== "replace") {
    const help = 'give `"fail"` (the default) or `"replace"`';
    throw new StepUseError("invalid-step-options", `step \`${id}\` has an unknown \`onConflict\``, help);
  }
  return { kind: "waitForSignal", id, name, signal, timeoutMs, onConflict };
};

/** `(id, { signal, data? })`. */
export const readSendSignal: ReadOp = ([idOrOptions, options]) => {
  const { id, name } = readId(idOrOptions);
  const given = readOptions(id, options);
  return { kind: "sendSignal", id, name, signal: readSignal(id, given["signal"]), data: given["data"] };
};

const longestName = 512;

function readSignal(id: string, signal: unknown): string {
  if (typeof signal === "string" && signal !== "" && signal.length <= longestName) return signal;
  const help = `give \`signal\` a text of 1 to ${longestName} characters`;
  throw new StepUseError("invalid-step-options", `step \`${id}\` names no \`signal\``, help);
}
