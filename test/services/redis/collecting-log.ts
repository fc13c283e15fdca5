import { createLogger, type Logger } from '../../../src/logging.js';

/** A log whose messages can be looked at. */
export function collectingLog(): { log: Logger; messages: string[] } {
  const messages: string[] = [];
  const write = (line: string): void => {
    messages.push((JSON.parse(line) as { msg: string }).msg);
  };
  return { log: createLogger({ level: 'info', name: 'test', destination: { write } }), messages };
}
