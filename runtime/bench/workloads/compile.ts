import { join } from "node:path";

import { runJob } from "../child-process.js";
import { installPeers } from "../compile/install-peers.js";
import { timeCommand } from "../compile/timed-command.js";
import { type ProjectSize, writeProject, writeUntypedPackage } from "../compile/write-project.js";
import type { Workload } from "../workload.js";

const size: ProjectSize = { functions: 1_000, events: 200, files: 200 };
/** Few functions over many events: what types alone may cost. */
const eventful: ProjectSize = { functions: 300, events: 500, files: 60 };
const edits = 7;
const ourPackage = join(import.meta.dirname, "..", "..", "..", "..");
const command = join(ourPackage, "dist", "bundle", "compiler", "cli", "main.js");

export const compile: Workload = {
  name: "compile",
  title: "1,000 functions with 200 typed events in 200 files",
  targets: [
    { figure: "coldToTsc6", atMost: 0.4 },
    { figure: "editSec", atMost: 0.3 },
    { figure: "coldPeakMB", atMost: 600 },
    { figure: "ourTypesToSdkTypes", atMost: 0.4 },
    { figure: "typedToUntyped", atMost: 2 },
  ],
  peers:
    "`tsc --noEmit` with the SDK's own v3 types: TypeScript 6 10.4 s and 630 MB, TypeScript 7 2.3 s; with --peers measured here",
  settings: { ...size, edits, cold: "`stepwright build` from the start of the process to its end" },
  async measure({ folder, withPeers }) {
    const project = join(folder, "ours");
    writeProject(project, size, "stepwright", ourPackage);
    const cold = await timeCommand(command, ["build", "--project", project], project);
    const edited = await runJob({ name: "compile-edits", project, edits });
    const ours = { coldSec: cold.seconds, coldPeakMB: cold.peakMB, ...edited };
    if (!withPeers) return ours;
    const peers = installPeers();
    const sdkProject = join(folder, "sdk");
    writeProject(sdkProject, size, "inngest", peers.sdkFolder);
    const sdkTypes = await timeCommand(peers.typescript6, ["--noEmit", "-p", "."], sdkProject);
    const ourTypes = await timeCommand(peers.typescript6, ["--noEmit", "-p", "."], project);
    const [typed, untyped] = [join(folder, "typed"), join(folder, "untyped")];
    writeProject(typed, eventful, "stepwright", ourPackage);
    writeUntypedPackage(join(folder, "untyped-package"));
    writeProject(untyped, eventful, "stepwright", join(folder, "untyped-package"));
    const eventfulTyped = await timeCommand(peers.typescript6, ["--noEmit", "-p", "."], typed);
    const eventfulUntyped = await timeCommand(peers.typescript6, ["--noEmit", "-p", "."], untyped);
    return {
      ...ours,
      tsc6SdkTypesSec: sdkTypes.seconds,
      tsc6SdkTypesPeakMB: sdkTypes.peakMB,
      tsc6OurTypesSec: ourTypes.seconds,
      tsc6OurTypesPeakMB: ourTypes.peakMB,
      coldToTsc6: cold.seconds / sdkTypes.seconds,
      ourTypesToSdkTypes: ourTypes.seconds / sdkTypes.seconds,
      tsc6TypedSec: eventfulTyped.seconds,
      tsc6UntypedSec: eventfulUntyped.seconds,
      typedToUntyped: eventfulTyped.seconds / eventfulUntyped.seconds,
    };
  },
};
