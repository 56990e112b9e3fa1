import { afterEach, beforeEach, describe } from "vitest";
import { describeCancellation } from "./conformance/describe-cancellation.js";
import { describeEnding } from "./conformance/describe-ending.js";
import { describeEvents } from "./conformance/describe-events.js";
import { describeFlow } from "./conformance/describe-flow.js";
import { describeManifests } from "./conformance/describe-manifests.js";
import { describeMetadata } from "./conformance/describe-metadata.js";
import { describeQueue } from "./conformance/describe-queue.js";
import { describeReads } from "./conformance/describe-reads.js";
import { describeRegistrations } from "./conformance/describe-registrations.js";
import { describeRuns } from "./conformance/describe-runs.js";
import { describeShares } from "./conformance/describe-shares.js";
import { describeSignals } from "./conformance/describe-signals.js";
import { describeTransact } from "./conformance/describe-transact.js";
import { describeTransitions } from "./conformance/describe-transitions.js";
import { describeVerify } from "./conformance/describe-verify.js";
import type { StoreUnderTest } from "./conformance/store-under-test.js";

export type { StoreUnderTest };

/** The contract of `Store` as tests. `make` gives an empty store in a new place for each test. */
export function describeStore(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let subject: StoreUnderTest | null = null;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(async () => {
      await subject?.remove();
      subject = null;
    });
    const current = (): StoreUnderTest => {
      if (!subject) throw new Error("used outside of a test");
      return subject;
    };
    describe("transitions", () => describeTransitions(current));
    describe("user code", () => describeTransact(current));
    describe("runs", () => describeRuns(current));
    describe("runs that roll back", () => describeEnding(current));
    describe("flow control", () => describeFlow(current));
    describe("shares", () => describeShares(current));
    describe("the queue", () => describeQueue(current));
    describe("events and waits", () => describeEvents(current));
    describe("signals", () => describeSignals(current));
    describe("reads", () => describeReads(current));
    describe("manifests", () => describeManifests(current));
    describe("metadata", () => describeMetadata(current));
    describe("cancellation", () => describeCancellation(current));
    describe("registrations", () => describeRegistrations(current));
    describe("verify", () => describeVerify(current));
  });
}
