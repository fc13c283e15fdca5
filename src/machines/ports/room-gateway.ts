/** A participant of a LiveKit room. */
export interface RoomPresence {
  identity: string;
  /**
   * Whether there is something to record: a person, also one by telephone (SIP), or an ingested stream. Recorders, agents, hidden and
   * disconnected participants do not count.
   */
  isSomebody: boolean;
}

export interface LiveKitRoom {
  name: string;
  sid: string;
  /** The room's own metadata, '' when none. */
  metadata: string;
  /** Number of participants without recorders, some seconds late. */
  participants: number;
  /** Whether a recorder is in the room; true as soon as one joins, false when the last one left. */
  activeRecording: boolean;
}

/**
 * LiveKit's room service.
 *
 * @throws LiveKitUnavailableError from every method: unreachable, time-out or a 5xx (retryable)
 */
export interface RoomGateway {
  listRooms(names?: string[]): Promise<LiveKitRoom[]>;
  /** An unknown room has no participants. */
  listParticipants(roomName: string): Promise<RoomPresence[]>;
  /** Delete a room; succeeds if the room does not exist. */
  deleteRoom(roomName: string): Promise<void>;
}
