import { Command } from "commander";
import { describe, expect, it } from "vitest";

import { addLimitOptions, parseSize, readLimits } from "./limit-options.js";

function parse(...args: string[]) {
  const command = addLimitOptions(new Command("start"))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return readLimits(command.parse(args, { from: "user" }).opts());
}

describe("limits on the command line", () => {
  it("become the engine's", () => {
    const args = [
      "--max-steps",
      "100000",
      "--max-step-size",
      "8MiB",
      "--max-run-size",
      "1GiB",
      "--step-timeout",
      "30s",
    ];
    expect(parse(...args)).toEqual({
      stepsPerRun: 100_000,
      stepBytes: 8 * 1024 ** 2,
      runBytes: 1024 ** 3,
      stepTimeoutMs: 30_000,
    });
    expect(parse()).toEqual({});
  });

  it("are refused when they are none", () => {
    expect(() => parse("--max-steps", "100001")).toThrow("Give a number from 1 to 100000.");
    expect(() => parse("--max-step-size", "8MB")).toThrow("512KiB");
    expect(() => parse("--max-run-size", "0")).toThrow("512KiB");
  });

  it("are bytes or a size with a unit", () => {
    expect(["17", "2kib", "3 MiB"].map(parseSize)).toEqual([17, 2048, 3 * 1024 ** 2]);
  });
});
