import type { RoomContext, RoomStatus } from '../room.js';

/** What the actor of an adopted room begins with. */
export interface AdoptedRoom {
  context: RoomContext;
  state: RoomStatus;
  /** The version of the machine whose state names these are. */
  machineVersion: 1;
}

/** The defaults of OpenVidu Meet for what a document lacks. */
const CONFIG = { chat: { enabled: true }, recording: { enabled: false }, virtualBackground: { enabled: true } };
const POLICY = { withMeeting: 'fail', withRecordings: 'fail' } as const;
const STATUSES: readonly RoomStatus[] = ['open', 'active_meeting', 'closed'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * A room of OpenVidu Meet as one of ours: every field that it has, and those that it lacks.
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

/** The members that have a value. */
function membersOf<Value extends object>(value: Value | undefined): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value ?? {}).filter(([, member]) => (member ?? undefined) !== undefined),
  ) as Partial<Value>;
}
