import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';

import type { RecordingView } from '../../../src/http/recordings/recording.presenter.js';
import { eventually } from '../eventually.js';

export const API_KEY = 'key-of-the-scenarios';

export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** An answer whose body is a recording, or `error` and `message` when the call failed. */
export type RecordingAnswer = Answer<RecordingView & { error: string; message: string }>;

const OVER = ['complete', 'failed', 'aborted', 'limit_reached'];

/** A client of Tally's public API with an API key. */
export type TallyApi = ReturnType<typeof createTallyApi>;

export function createTallyApi(url: string) {
  async function call<Body>(
    method: string,
    path: string,
    { body, headers = {}, signal }: { body?: object; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Answer<Body>> {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { 'X-API-KEY': API_KEY, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: (text === '' ? {} : JSON.parse(text)) as Body };
  }

  async function get(recordingId: string): Promise<RecordingAnswer> {
    return call('GET', `/recordings/${recordingId}`);
  }

  return {
    url,
    async createRoom(roomName = 'Scenario', more: object = {}): Promise<string> {
      const { status, body } = await call<{ roomId: string }>('POST', '/rooms', { body: { roomName, ...more } });
      if (status !== 201) throw new Error(`a room was not created: ${JSON.stringify(body)}`);
      return body.roomId;
    },
    getRoom: (roomId: string): Promise<Answer<object>> => call('GET', `/rooms/${roomId}`),
    start: (roomId: string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<RecordingAnswer> =>
      call('POST', '/recordings', { body: { roomId }, headers, ...(signal === undefined ? {} : { signal }) }),
    stop: (recordingId: string): Promise<RecordingAnswer> => call('POST', `/recordings/${recordingId}/stop`),
    get,
    delete: (recordingId: string): Promise<RecordingAnswer> => call('DELETE', `/recordings/${recordingId}`),
    /** Lists all recordings of the room, or of all rooms, newest first. */
    async list(roomId?: string): Promise<RecordingView[]> {
      const filter = roomId === undefined ? '' : `&roomId=${roomId}`;
      const recordings: RecordingView[] = [];
      for (let token: string | undefined; ;) {
        const page: Answer<{ recordings: RecordingView[]; pagination: { nextPageToken?: string } }> = await call(
          'GET',
          `/recordings?maxItems=100${filter}${token === undefined ? '' : `&nextPageToken=${token}`}`,
        );
        recordings.push(...page.body.recordings);
        token = page.body.pagination.nextPageToken;
        if (token === undefined) return recordings;
      }
    },
    /** Waits until the recording has settled. */
    async outcome(recordingId: string, withinMs?: number): Promise<RecordingView> {
      const answer = await eventually(
        `the outcome of ${recordingId}`,
        () => get(recordingId),
        ({ status, body }) => status === 200 && OVER.includes(body.status),
        withinMs,
      );
      return answer.body;
    },
    /** Makes any other call. @param path path below `/api/v1` */
    call,
    /** The duration of the recording's media in seconds; undefined when the media is not answered 200. */
    async plays(recordingId: string): Promise<number | undefined> {
      const answer = await fetch(`${url}/api/v1/recordings/${recordingId}/media`, { headers: { 'X-API-KEY': API_KEY } });
      const bytes = await answer.arrayBuffer();
      if (answer.status !== 200) return undefined;
      return new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS }).computeDuration();
    },
  };
}
