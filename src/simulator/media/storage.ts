/** Where finished files go. */
export interface Storage {
  /** How LiveKit calls it in an error: `Local`, `S3`, … */
  readonly name: string;
  /** What `put` would answer, with nothing stored. @throws Error no such file may lie there */
  locate(filename: string): string;
  /**
   * Store a whole file: it appears at once or not at all.
   *
   * @returns its location, as EgressInfo tells it
   * @throws Error whose message is the reason
   */
  put(filename: string, content: Uint8Array, contentType: string): Promise<string>;
}
