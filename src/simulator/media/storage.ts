/** Stores finished files. */
export interface Storage {
  /** LiveKit's name for this storage in an error: `Local`, `S3`, … */
  readonly name: string;
  /** The location that `put` would return; stores nothing. @throws Error when this storage refuses the name */
  locate(filename: string): string;
  /**
   * Store a file. Readers see the whole file or none.
   *
   * @returns its location, in the form of EgressInfo
   * @throws Error with the reason as its message
   */
  put(filename: string, content: Uint8Array, contentType: string): Promise<string>;
}
