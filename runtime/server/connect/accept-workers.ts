/** The WebSockets of workers that dial out. */
import { createServer, type Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";

import type { Gateway } from "../../transport/connect/gateway.js";
import { subprotocol } from "../../transport/connect/wire/messages.js";
import type { WorkerLink } from "../../transport/connect/worker-link.js";
import type { RemoteApps } from "../remote-apps.js";
import { closeSocket, type Door, openDoors, refuseUpgrade } from "../web-sockets.js";
import { registerWorkerApp } from "./register-worker-app.js";

export const workersPath = "/v0/connect";

/** Bytes of a frame: the largest answer that is read, and room to see that one is larger. */
const largestFrame = 64 * 1024 * 1024;
/** The WebSocket's code for what is no binary frame. */
const unsupportedData = 1003;

/** Where workers come in. */
export function createWorkerDoor(gateway: Gateway, remotes: RemoteApps): Door {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestFrame,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  return (request, socket, head) => {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (!offered.includes(subprotocol)) return refuseUpgrade(socket, 400, `the subprotocol has to be ${subprotocol}`);
    sockets.handleUpgrade(request, socket, head, (opened) => accept(opened, gateway, remotes));
  };
}

/** A server for nothing but workers, which does not listen yet: for a network where they have a port of their own. */
export function createWorkerServer(gateway: Gateway, remotes: RemoteApps): Server {
  const server = createServer((_, response) => response.writeHead(404).end());
  openDoors(server, new Map([[workersPath, createWorkerDoor(gateway, remotes)]]));
  return server;
}

function accept(socket: WebSocket, gateway: Gateway, remotes: RemoteApps): void {
  // The end follows.
  socket.on("error", () => {});
  const link: WorkerLink = {
    send: (frame) => socket.send(frame),
    close: (code, reason) => closeSocket(socket, code, reason),
    get backlog() {
      return socket.bufferedAmount;
    },
  };
  const session = gateway.accept(link, (app) => registerWorkerApp(app, remotes));
  if (!session) return;
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (isBinary) session.received(data);
    else session.end(unsupportedData, "unsupported-frame: frames are binary");
  });
  socket.on("close", () => gateway.gone(session));
}
