import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may wait before nothing more is read of it: then nobody sees its client go away, either. */
const MOST_WAITING = 32;

/**
 * Do the work of a request once the connection's earlier ones are answered. Node hands on at once whatever a client sends ahead,
 * and when the client goes away it says nothing to an answer that never had its turn: that one's work would go on for ever.
 */
export function createTurns(): (request: IncomingMessage, response: ServerResponse, work: () => void) => void {
  const waiting = new WeakMap<Socket, number>();
  const countOf = (socket: Socket) => waiting.get(socket) ?? 0;

  return ({ socket }, response, work) => {
    if (response.socket !== null) {
      work();
      return;
    }
    waiting.set(socket, countOf(socket) + 1);
    // Not at once: where a request is complete, Node reads on.
    process.nextTick(() => {
      if (countOf(socket) > MOST_WAITING) socket.pause();
    });
    response.once('socket', () => {
      waiting.set(socket, countOf(socket) - 1);
      if (countOf(socket) === 0) socket.resume();
      work();
    });
  };
}
