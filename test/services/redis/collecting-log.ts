import { createLogger, type Logger } from '../../../src/logging.js';

/** A logger that collects its messages in `messages`. */
export function collectingLog(): { log: Logger; messages: string[] } {
  const messages: string[] = [];
  const write = (line: string): void => {
    messages.push((JSON.parse(line) as { msg: string }).msg);
  };
  return { log: createLogger({ level: 'info', name: 'test', destination: { write } }), messages };
}
