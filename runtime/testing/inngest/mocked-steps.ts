import { hashKey } from "../../protocol/step-hash.js";

/** What a step gives instead of being executed. A handler that throws fails the step. */
export interface MockedStep {
  readonly id: string;
  /** `id` is a hash already. */
  readonly idIsHashed?: boolean;
  readonly handler: () => any;
}

/** What mocks have given, for all executions of an engine and its clones: each is called once. */
export class MockResults {
  readonly #given = new Map<string, Promise<unknown>>();

  play(id: string, { handler }: MockedStep): Promise<unknown> {
    const given = this.#given.get(id) ?? (async () => handler())();
    this.#given.set(id, given);
    return given;
  }
}

export function findMock(steps: readonly MockedStep[], key: string): MockedStep | undefined {
  const hash = hashKey(key);
  return steps.find(({ id, idIsHashed }) => id === (idIsHashed ? hash : key));
}
