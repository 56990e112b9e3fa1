import { describeRemote, registrationSchema, type RemoteApplication } from "../codegen/remote-application.js";
import type { Store } from "../store/store.js";
import { parseSafeJson } from "./safe-json.js";

export interface KeptApplications {
  readonly apps: readonly RemoteApplication[];
  /** Why others are left out: a later version of the runtime may understand them no more. */
  readonly problems: readonly string[];
}

/** The applications that had registered before this process began. */
export async function readKeptApplications(store: Store): Promise<KeptApplications> {
  const apps: RemoteApplication[] = [];
  const problems: string[] = [];
  for (const { appId, registration } of await store.registrations.list()) {
    try {
      apps.push(describeRemote(registrationSchema.parse(parseSafeJson(registration, "the registration"))));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      problems.push(`\`${appId}\` has to register again: ${why}`);
    }
  }
  return { apps, problems };
}
