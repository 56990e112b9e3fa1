import type { TopicName } from "../define/ambient.js";
import type { Publication } from "../define/publication.js";
import type { Listener } from "../define/realtime-connection.js";
import type { Outgoing, Subscriber } from "../realtime/hub.js";
import type { Realtime } from "../realtime/realtime.js";

/** Publishing and looking on in this process: no connection, and for a subscription here no token. */
export function lendRealtime({ hub, tokens }: Realtime) {
  return {
    publish: (publication: Publication, runId: string | undefined): void => {
      hub.publish({ kind: "data", ...publication, runId });
    },
    subscribe: (topics: readonly TopicName[], listener: Listener) =>
      hub.subscribe(new LocalSubscriber(listener), topics),
    subscriptionToken: (topics: readonly TopicName[]) => tokens.create(topics, Date.now()),
  };
}

/** Its readers have queues of their own, and each of them is bounded. */
class LocalSubscriber implements Subscriber {
  readonly backlog = 0;

  constructor(readonly listener: Listener) {}

  deliver({ text }: Outgoing): void {
    this.listener.message(text);
  }

  /** Readers here get messages. */
  forward(): void {}

  end(): void {
    this.listener.ended(null);
  }
}
