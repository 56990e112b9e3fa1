import type { Clock } from "../engine/clock.js";

const beatMs = 3_000;

/** White space every three seconds, then the text; a reader that parses JSON does not see the space. */
export function keepAlive(text: Promise<string>, clock: Clock): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let open = true;
  let stop = (): void => {};
  const close = (): void => {
    open = false;
    stop();
  };
  return new ReadableStream({
    start(controller) {
      const arm = (): void => {
        stop = clock.after(beatMs, () => {
          controller.enqueue(encoder.encode(" "));
          arm();
        });
      };
      arm();
      void text.then((whole) => {
        if (!open) return;
        close();
        controller.enqueue(encoder.encode(whole));
        controller.close();
      });
    },
    cancel: close,
  });
}
