import { type Registration, registrationSchema } from "../../codegen/remote-application.js";
import { workerUrlOf } from "../../define/worker-url.js";
import type { WorkerApplication } from "../../transport/connect/worker-session.js";
import type { RemoteApps } from "../remote-apps.js";
import { RequestError } from "../request-error.js";
import { parseSafeJson } from "../safe-json.js";

/** Takes in what a worker says it runs; gives the full ids of its functions. @throws RequestError | ApplicationError */
export async function registerWorkerApp(
  { appId, functions, sdk }: WorkerApplication,
  remotes: RemoteApps,
): Promise<readonly string[]> {
  const described = { appName: appId, url: workerUrlOf(appId), sdk, functions: parseSafeJson(functions, appId) };
  const parsed = registrationSchema.safeParse(described);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const help = "connect with a current SDK";
    throw new RequestError(400, "invalid-registration", `\`${issue?.path.join(".")}\`: ${issue?.message}`, help);
  }
  await remotes.register({ ...parsed.data, functions: parsed.data.functions.map(reachByWorkers) });
  return parsed.data.functions.map(({ id }) => id);
}

/** SDKs describe the functions that they derive, such as `onFailure`, as if they were behind HTTP. */
function reachByWorkers(fn: Registration["functions"][number]): Registration["functions"][number] {
  const steps = Object.entries(fn.steps).map(([id, step]) => [id, { ...step, runtime: { type: "ws" } }]);
  return { ...fn, steps: Object.fromEntries(steps) };
}
