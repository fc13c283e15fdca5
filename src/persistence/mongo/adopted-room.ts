import type { RoomDocument } from '../../machines/room/room.js';
import { kernelFields } from './adopted-recording.js';
import type { Stored } from './connect.js';

/** What the original service takes for what a document lacks. */
const CONFIG = { chat: { enabled: true }, recording: { enabled: false }, virtualBackground: { enabled: true } };
const POLICY = { withMeeting: 'fail', withRecordings: 'fail' };
const STATUSES: readonly unknown[] = ['open', 'active_meeting', 'closed'];

/** A room of the original service as one of ours: every field that it has, and those that it lacks. */
export function adoptedRoom(stored: Stored, now: number): RoomDocument {
  const { _id, status, ...fields } = stored;
  const { config, meetingEndAction, autoDeletionPolicy } = fields;
  return {
    ...fields,
    config: { ...CONFIG, ...membersOf(config) },
    meetingEndAction: meetingEndAction ?? 'none',
    ...(autoDeletionPolicy !== undefined && { autoDeletionPolicy: { ...POLICY, ...membersOf(autoDeletionPolicy) } }),
    tally: kernelFields(now, STATUSES.includes(status) ? String(status) : 'open', null),
  } as unknown as RoomDocument;
}

/** Those that have a value. */
function membersOf(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, member]) => (member ?? undefined) !== undefined));
}
