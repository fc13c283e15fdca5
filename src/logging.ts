import { writeSync } from 'node:fs';

import { pino, stdTimeFunctions, type DestinationStream, type Level, type Logger } from 'pino';

import { redact } from './redact.js';

export type { Logger } from 'pino';

type Write = (fields: object, sentence: string) => void;

/** The methods of a pino logger that most of the program uses. */
export interface Log {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}

export interface LoggerOptions {
  level: Level | 'silent';
  name: string;
  /** Where lines go. Default: standard error. */
  destination?: DestinationStream;
}

/**
 * The root logger: JSON lines without secrets. Parts of the program get children: `log.child({ name: 'http' })`. Everything is cleaned
 * before it becomes a line: members, messages, stacks and causes, which may carry connection strings and links.
 */
export function createLogger({ level, name, destination }: LoggerOptions): Logger {
  const log = pino(
    {
      level,
      name,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod([first, ...rest], method) {
          const given = first as unknown;
          const isError = given instanceof Error;
          const [sentence = isError ? given.message : undefined, ...values] = rest;
          const cleaned = [redact(isError ? { err: given } : given), ...[sentence, ...values].map((each) => redact(each))];
          method.apply(this, cleaned as Parameters<typeof method>);
        },
      },
    },
    destination ?? toFile(STDERR),
  );
  // pino has no hook for the fields of children; they inherit this method.
  log.child = new Proxy(log.child, {
    apply: (child, self, [fields, ...options]: unknown[]) => Reflect.apply(child, self, [redact(fields), ...options]) as unknown,
  });
  return log;
}

const STDERR = 2;
/** How long to wait until a reader that is too slow is offered the rest, milliseconds. */
const BUSY_MS = 10;

/**
 * Lines to a file, each written when `write` returns. A line that the file does not take, as on a full disk, is lost, and Tally
 * goes on; pino's own stream would end the process, or try for ever to write a fatal line.
 */
export function toFile(fd: number): DestinationStream {
  let isTorn = false;
  return {
    write(line) {
      const bytes = Buffer.from(isTorn ? `\n${line}` : line);
      const written = writeMost(fd, bytes);
      if (written > 0) isTorn = written < bytes.length;
    },
  };
}

/** @returns how many bytes the file took */
function writeMost(fd: number, bytes: Buffer): number {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') break;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);
    }
  }
  return written;
}
