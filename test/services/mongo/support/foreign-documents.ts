export interface ForeignRecording {
  [field: string]: unknown;
  recordingId: string;
  roomId: string;
  status: string;
}

/** A recording as OpenVidu Meet stores it. */
export function buildForeignRecording(uid: string, changes: Partial<ForeignRecording> = {}): ForeignRecording {
  const { roomId = `room-of-${uid}` } = changes;
  return {
    schemaVersion: 1,
    recordingId: `${roomId}--EG_${uid}--${uid}`,
    roomId,
    roomName: 'Weekly',
    status: 'complete',
    filename: `${roomId}--${uid}.mp4`,
    startDate: 1_767_225_601_000.25,
    endDate: 1_767_225_661_000.5,
    duration: 60.25,
    size: 123_456,
    details: 'End reason: Source closed',
    accessSecrets: { public: '0123456789', private: '9876543210' },
    __v: 0,
    ...changes,
  };
}

/** A room as OpenVidu Meet stores it. */
export function buildForeignRoom(roomId: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    schemaVersion: 1,
    roomId,
    roomName: 'Weekly',
    creationDate: 1_767_225_600_000,
    autoDeletionPolicy: { withMeeting: 'fail', withRecordings: 'fail' },
    config: {
      chat: { enabled: true },
      recording: { enabled: true, allowAccessTo: 'admin' },
      virtualBackground: { enabled: true },
    },
    moderatorUrl: `/room/${roomId}?secret=0123456789`,
    speakerUrl: `/room/${roomId}?secret=9876543210`,
    status: 'open',
    meetingEndAction: 'none',
    __v: 0,
    ...changes,
  };
}
