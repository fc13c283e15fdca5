import type { RoomContext, RoomStatus } from '../room.js';

/** The initial state of an adopted room's actor. */
export interface AdoptedRoom {
  context: RoomContext;
  state: RoomStatus;
  /** The machine version to which the name in `state` belongs. */
  machineVersion: 1;
}

/** OpenVidu Meet's defaults for fields that a document lacks. */
const CONFIG = { chat: { enabled: true }, recording: { enabled: false }, virtualBackground: { enabled: true } };
const POLICY = { withMeeting: 'fail', withRecordings: 'fail' } as const;
const STATUSES: readonly RoomStatus[] = ['open', 'active_meeting', 'closed'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Converts a room of OpenVidu Meet to a room of Tally: keeps every field that it has, and adds the missing ones.
 *
 * @param stored a document of version 1, without its key
 */
export function adoptRoom({ status, ...fields }: Fields): AdoptedRoom {
  const given = fields as Partial<RoomContext>;
  const { autoDeletionPolicy } = given;
  const context = {
    ...given,
    config: { ...CONFIG, ...membersOf(given.config) },
    meetingEndAction: given.meetingEndAction ?? 'none',
    ...(autoDeletionPolicy !== undefined && { autoDeletionPolicy: { ...POLICY, ...membersOf(autoDeletionPolicy) } }),
  };
  const state = STATUSES.find((each) => each === status) ?? 'open';
  return { context: context as RoomContext, state, machineVersion: 1 };
}

/** The members that are neither undefined nor null. */
function membersOf<Value extends object>(value: Value | undefined): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value ?? {}).filter(([, member]) => (member ?? undefined) !== undefined),
  ) as Partial<Value>;
}
