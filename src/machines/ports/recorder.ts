/** The questions and orders of rooms about their recordings. */
export interface Recorder {
  /**
   * Whether the room has a recording that clients can see: its egress is known and it is not deleted.
   *
   * @throws StoreUnavailableError retryable
   */
  hasRecordings(roomId: string): Promise<boolean>;
  /**
   * Delete every recording of the room: a settled recording at once, a live one after it has ended. Safe to repeat.
   *
   * @throws TallyError some recordings, or all of them, are not deleted yet (retryable)
   */
  deleteAll(roomId: string, signal: AbortSignal): Promise<void>;
}
