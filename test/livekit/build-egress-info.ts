import { EgressInfo, EgressStatus, EncodedFileOutput, FileInfo, RoomCompositeEgressRequest } from '@livekit/protocol';

export const EGRESS_ID = 'EG_aBcDeFgHiJkL';
export const FILE_PATH = 'recordings/room-1/room-1--uid1.mp4';

type Members = Omit<ConstructorParameters<typeof EgressInfo>[0] & object, 'toJson'>;

/** An EgressInfo as LiveKit gives it just after a room-composite start. */
export function buildEgressInfo(members: Members = {}): EgressInfo {
  return new EgressInfo({
    egressId: EGRESS_ID,
    roomId: 'RM_aBcDeFgHiJkL',
    roomName: 'room-1',
    status: EgressStatus.EGRESS_STARTING,
    startedAt: 1_795_355_483_000_000_001n,
    updatedAt: 1_795_355_483_000_000_002n,
    request: {
      case: 'roomComposite',
      value: new RoomCompositeEgressRequest({
        roomName: 'room-1',
        fileOutputs: [new EncodedFileOutput({ filepath: FILE_PATH })],
      }),
    },
    fileResults: [new FileInfo({ filename: FILE_PATH })],
    ...members,
  });
}

/** The same EgressInfo as LiveKit's JSON: names in snake case, default values present. */
export function egressJson(members: Members = {}): unknown {
  return buildEgressInfo(members).toJson({ emitDefaultValues: true, useProtoFieldName: true });
}
