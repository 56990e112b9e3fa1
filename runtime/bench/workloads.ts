import type { Workload } from "./workload.js";
import { compileGrowth } from "./workloads/compile-growth.js";
import { compile } from "./workloads/compile.js";
import { w1 } from "./workloads/w1-throughput.js";
import { w2 } from "./workloads/w2-latency.js";
import { w3 } from "./workloads/w3-sequence.js";
import { w4 } from "./workloads/w4-sleepers.js";
import { w5 } from "./workloads/w5-fan-out.js";
import { w6 } from "./workloads/w6-kill.js";
import { w7 } from "./workloads/w7-keyed.js";
import { w8 } from "./workloads/w8-debounced.js";
import { w9 } from "./workloads/w9-batched.js";
import { w10 } from "./workloads/w10-backlog.js";
import { w11 } from "./workloads/w11-remote.js";

export const workloads: readonly Workload[] = [w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, compile, compileGrowth];
