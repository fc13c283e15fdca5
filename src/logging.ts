import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';

import { pino, stdTimeFunctions, type DestinationStream, type Level, type Logger } from 'pino';
import { isColorSupported, prettyFactory } from 'pino-pretty';

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
  /** Where lines go. Default: standard error, as text on a terminal. */
  destination?: DestinationStream;
}

/**
 * Creates the root logger, which writes JSON lines without secrets; each part gets a child: `log.child({ name: 'http' })`.
 * Members, messages, stacks and causes are cleaned before they become a line: they may contain connection strings and links.
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
    destination ?? (isatty(STDERR) ? asText(toFile(STDERR)) : toFile(STDERR)),
  );
  // pino has no hook for the fields of children; they inherit this method.
  log.child = new Proxy(log.child, {
    apply: (child, self, [fields, ...options]: unknown[]) => Reflect.apply(child, self, [redact(fields), ...options]) as unknown,
  });
  return log;
}

const STDERR = 2;

/** Turns each JSON line into text for people: time, level, sentence and fields. */
export function asText(destination: DestinationStream): DestinationStream {
  const text = prettyFactory({
    colorize: isColorSupported,
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,name,part',
    singleLine: true,
  });
  return {
    write(line) {
      destination.write(text(line));
    },
  };
}

/** Pause before a write is repeated because the reader of the pipe is too slow, milliseconds. */
const BUSY_MS = 10;

/**
 * Writes lines to a file synchronously. A line that cannot be written, for example on a full disk, is lost, and Tally continues;
 * pino's own stream would end the process, or retry a fatal line forever.
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

/** @returns the number of bytes that were written */
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
