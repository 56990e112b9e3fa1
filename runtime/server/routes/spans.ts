import type { FastifyInstance } from "fastify";

/**
 * `POST /v1/traces/userland`: where the SDK's extended traces go, as OTLP in JSON or Protocol Buffers. It is taken, so that the exporter
 * does not try again or complain; nothing is kept: spans belong into a collector of traces, and each request to an application has
 * the `traceparent` by which they are found there.
 */
export function addSpansRoute(server: FastifyInstance): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Whatever it is, and however compressed: it is read to its end and not looked at.
    scope.addContentTypeParser("*", (_, body, done) => {
      body.on("end", () => done(null)).on("error", done);
      body.resume();
    });
    scope.post("/v1/traces/userland", async (request, reply) => {
      // Both are the answer with no fields.
      if (request.headers["content-type"]?.includes("json")) return {};
      return reply.type("application/x-protobuf").send("");
    });
  });
}
