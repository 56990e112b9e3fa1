/** Options of `start` and `dev` for the limits of a run and its steps. */
import { type Command, InvalidArgumentError, Option } from "commander";

import type { EngineLimits } from "../engine/engine.js";
import { parseTime } from "./runtime-options.js";

export interface LimitFlags {
  readonly maxSteps?: number;
  readonly maxStepSize?: number;
  readonly maxRunSize?: number;
  readonly stepTimeout?: number;
}

/** Adds them to the command. */
export function addLimitOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--max-steps <number>", "steps of a run; 1000 by default, at most 100000").argParser(parseCount),
    )
    .addOption(new Option("--max-step-size <size>", "bytes of a step's result; 4MiB by default").argParser(parseSize))
    .addOption(
      new Option("--max-run-size <size>", "bytes of all step results of a run; 32MiB by default").argParser(parseSize),
    )
    .addOption(
      new Option("--step-timeout <duration>", "how long one attempt at a step may take; 2h by default").argParser(
        parseTime,
      ),
    );
}

export function readLimits({ maxSteps, maxStepSize, maxRunSize, stepTimeout }: LimitFlags): Partial<EngineLimits> {
  return {
    ...(maxSteps !== undefined && { stepsPerRun: maxSteps }),
    ...(maxStepSize !== undefined && { stepBytes: maxStepSize }),
    ...(maxRunSize !== undefined && { runBytes: maxRunSize }),
    ...(stepTimeout !== undefined && { stepTimeoutMs: stepTimeout }),
  };
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 100_000)
    throw new InvalidArgumentError("Give a number from 1 to 100000.");
  return count;
}

const units: Readonly<Record<string, number>> = { "": 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 };

/** Bytes. */
export function parseSize(text: string): number {
  const [, number, unit = ""] = /^(\d+)\s*([kmg]ib)?$/i.exec(text) ?? [];
  const bytes = Number(number) * units[unit.toLowerCase()]!;
  if (!Number.isSafeInteger(bytes) || bytes < 1)
    throw new InvalidArgumentError("Give bytes, or a size such as `512KiB` or `64MiB`.");
  return bytes;
}
