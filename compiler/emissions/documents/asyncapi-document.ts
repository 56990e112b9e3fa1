import type { Manifest } from "../../../runtime/manifest/manifest.js";
import { componentNames } from "./component-names.js";
import { documentInfo } from "./document-info.js";
import { type PlacedEvent, placeEvents } from "./event-schema.js";

/** Each event is a channel; the functions receive and send: https://www.asyncapi.com/docs/reference/specification/v3.0.0 */
export function asyncapiDocument(manifest: Manifest): object {
  const events = placeEvents(manifest, "#/components/schemas");
  return {
    asyncapi: "3.0.0",
    info: documentInfo(manifest),
    defaultContentType: "application/json",
    channels: Object.fromEntries(
      events.map(({ event, key }) => [
        key,
        { address: event.name, messages: { [key]: { $ref: `#/components/messages/${key}` } } },
      ]),
    ),
    operations: operationsOf(events),
    components: {
      messages: Object.fromEntries(
        events.map(({ event, key }) => [
          key,
          { name: event.name, title: event.name, payload: { $ref: `#/components/schemas/${key}` } },
        ]),
      ),
      schemas: Object.fromEntries(events.map(({ key, schema }) => [key, schema])),
    },
  };
}

interface Operation {
  readonly action: "send" | "receive";
  readonly title: string;
  readonly key: string;
}

const received = { trigger: "starts", wait: "ends a wait of", cancel: "cancels" } as const;

function operationsOf(events: readonly PlacedEvent[]): Record<string, object> {
  const operations = events.flatMap(({ event, key }): Operation[] => {
    const senders = new Set(event.senders.map((sender) => sender.function ?? null));
    return [
      ...event.consumers.map(({ function: id, as }) => ({
        action: "receive" as const,
        title: `\`${event.name}\` ${received[as]} \`${id}\``,
        key,
      })),
      ...[...senders].map((id) => ({
        action: "send" as const,
        title: id === null ? `The application sends \`${event.name}\`` : `\`${id}\` sends \`${event.name}\``,
        key,
      })),
    ];
  });
  const names = componentNames(operations.map(({ title }) => title));
  return Object.fromEntries(
    operations.map(({ action, title, key }) => [
      (names.get(title) ?? title).replace(/^\.|\.$/g, ""),
      {
        action,
        title,
        channel: { $ref: `#/channels/${key}` },
        messages: [{ $ref: `#/channels/${key}/messages/${key}` }],
      },
    ]),
  );
}
