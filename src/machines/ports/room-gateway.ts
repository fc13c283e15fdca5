/** Who is in a LiveKit room. */
export interface RoomPresence {
  identity: string;
  /** A recorder or another egress, not a person. */
  isEgress: boolean;
}

export interface LiveKitRoom {
  name: string;
  sid: string;
  /** The room's own metadata, '' when none. */
  metadata: string;
  /** Who is in it, recorders not counted; some seconds late. */
  participants: number;
  /** Whether LiveKit counts a recorder in the room; true as soon as one joins, false when the last one left. */
  activeRecording: boolean;
}

/**
 * LiveKit's room service.
 *
 * @throws LiveKitUnavailableError every method: unreachable, time-out or a 5xx (retryable)
 */
export interface RoomGateway {
  listRooms(names?: string[]): Promise<LiveKitRoom[]>;
  /** An unknown room has no participants. */
  listParticipants(roomName: string): Promise<RoomPresence[]>;
  /** Deleting a room that is not there succeeds. */
  deleteRoom(roomName: string): Promise<void>;
}
