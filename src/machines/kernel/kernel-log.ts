type Write = (fields: object, sentence: string) => void;

/** The part of a pino logger that the kernel uses. */
export interface KernelLog {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
}
