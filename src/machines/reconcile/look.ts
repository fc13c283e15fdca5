import { levelOfRetried, toError } from '../../errors.js';
import type { Log } from '../../logging.js';
import type { EgressObservation } from '../ports/egress-gateway.js';
import type { LiveKitGateway } from '../ports/livekit-gateway.js';
import type { LiveKitRoom } from '../ports/room-gateway.js';
import { uidOfPath } from '../recording/media-key.js';
import type { RecordingDocument } from '../recording/recording.js';
import { type Sight, suspicionOf } from './decide.js';

/** LiveKit's lists of running egresses and rooms. */
export interface Listed {
  /** Running egresses. */
  active: EgressObservation[];
  rooms: LiveKitRoom[];
}

/** A recording, and what one look at LiveKit showed of it. */
export interface Look {
  recording: RecordingDocument;
  sight: Sight;
}

export interface LookOptions {
  livekit: Pick<LiveKitGateway, 'listEgress' | 'findEgress' | 'listParticipants'>;
  log: Log;
}

/** From this number of missing egresses on, one list of all egresses is cheaper than one request for each. */
const ASK_EACH_BELOW = 50;

/**
 * Looks at each recording in LiveKit. An egress that is not listed is read by its id; the participants of a room are read only if
 * the egress seems dead.
 *
 * @throws LiveKitUnavailableError many egresses were missing, and the list of all egresses could not be read
 */
export async function lookAt(options: LookOptions, recordings: RecordingDocument[], listed: Listed): Promise<Look[]> {
  const byId = new Map(listed.active.map((egress) => [egress.egressId, egress]));
  const byUid = new Map(listed.active.map((egress) => [uidOfPath(egress.requestedPath), egress]));
  const missing = recordings.filter(({ egressId }) => egressId !== undefined && !byId.has(egressId));
  const read = await readMissing(options, missing);
  const lone = loneEgresses(listed.active);
  const rooms = new Map(listed.rooms.map((room) => [room.name, room]));

  return Promise.all(
    recordings.map(async (recording) => {
      const { uid, egressId } = recording;
      const room = ownRoom(recording, rooms.get(recording.roomId));
      const egress =
        egressId === undefined ? (byUid.get(uid) ?? 'unknown') : (byId.get(egressId) ?? read.get(egressId) ?? 'absent');
      // A room does not name its recorder: it is certainly ours only if our egress is the only one in the room.
      const isCounted = room?.activeRecording === true && egressId !== undefined && lone.has(egressId);
      const sight: Sight = {
        egress,
        room: room === undefined ? 'absent' : 'listed',
        recorder: isCounted ? 'present' : 'absent',
      };
      const isDoubtful = suspicionOf(recording, sight) !== undefined;
      return { recording, sight: isDoubtful ? { ...sight, recorder: await askForRecorder(options, recording) } : sight };
    }),
  );
}

/** The recording's own LiveKit room: a room with the same name but another sid was opened later, without our egress. */
function ownRoom({ roomSid }: RecordingDocument, named: LiveKitRoom | undefined): LiveKitRoom | undefined {
  return roomSid === undefined || named?.sid === roomSid ? named : undefined;
}

/** Ids of the egresses that are the only one in their room. */
function loneEgresses(active: EgressObservation[]): Set<string> {
  const byRoom = new Map<string, string[]>();
  for (const { roomName, egressId } of active) byRoom.set(roomName, [...(byRoom.get(roomName) ?? []), egressId]);
  return new Set([...byRoom.values()].flatMap(([first = '', ...others]) => (others.length === 0 ? first : [])));
}

async function readMissing(options: LookOptions, missing: RecordingDocument[]): Promise<Map<string, Sight['egress']>> {
  if (missing.length >= ASK_EACH_BELOW) {
    const all = await options.livekit.listEgress();
    return new Map(all.map((egress) => [egress.egressId, egress]));
  }
  const answers = missing.map(async (recording) => [recording.egressId ?? '', await readEgress(options, recording)] as const);
  return new Map(await Promise.all(answers));
}

/** If the egress cannot be read, this look decides nothing about its recording. */
async function readEgress({ livekit, log }: LookOptions, { uid, egressId = '' }: RecordingDocument): Promise<Sight['egress']> {
  try {
    return (await livekit.findEgress(egressId)) ?? 'absent';
  } catch (error) {
    log[levelOfRetried(error)]({ recording: uid, err: toError(error) }, 'egress unknown');
    return 'unknown';
  }
}

async function askForRecorder(
  { livekit, log }: LookOptions,
  { uid, roomId, egressId }: RecordingDocument,
): Promise<Sight['recorder']> {
  try {
    const participants = await livekit.listParticipants(roomId);
    return participants.some(({ identity }) => identity === egressId) ? 'present' : 'absent';
  } catch (error) {
    log[levelOfRetried(error)]({ recording: uid, err: toError(error) }, 'participants unknown');
    return 'unknown';
  }
}
