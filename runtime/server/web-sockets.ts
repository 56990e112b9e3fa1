/** What all WebSockets of the server have in common. */
import { STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

/** Takes a request to speak WebSocket, or refuses it. */
export type Door = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Lets each door take the requests for its path; any other is refused. Once for each server. */
export function openDoors(server: Server, doors: ReadonlyMap<string, Door>): void {
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const door = doors.get((request.url ?? "").split("?", 1)[0]!);
    if (door) door(request, socket, head);
    else refuseUpgrade(socket, 404, "there is no such WebSocket");
  });
}

export function refuseUpgrade(socket: Duplex, status: 400 | 401 | 404 | 503, why: string): void {
  socket.on("error", () => {});
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\n`;
  socket.end(`${head}${why}\n`);
}

/** Who does not answer the end with its own is not waited for. */
const closeWithinMs = 1_000;

export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason);
  const impatience = setTimeout(() => socket.terminate(), closeWithinMs);
  impatience.unref();
  socket.once("close", () => clearTimeout(impatience));
}
