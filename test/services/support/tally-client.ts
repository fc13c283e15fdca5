import { z } from 'zod';

const recordingSchema = z.looseObject({
  recordingId: z.string(),
  roomId: z.string(),
  status: z.enum(['starting', 'active', 'ending', 'complete', 'failed', 'aborted', 'limit_reached']),
  startDate: z.number().optional(),
  endDate: z.number().optional(),
  duration: z.number().optional(),
  size: z.number().optional(),
  error: z.string().optional(),
});
export type Recording = z.infer<typeof recordingSchema>;

const roomSchema = z.looseObject({ roomId: z.string() });
const listSchema = z.looseObject({ recordings: z.array(recordingSchema) });

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A client of Tally's public API with an API key. */
export interface TallyClient {
  createRoom(roomName: string): Promise<string>;
  tryGetRoom(roomId: string): Promise<Answer>;
  /** @param policies query string such as `withMeeting=force` */
  deleteRoom(roomId: string, policies: string): Promise<Answer>;
  startRecording(roomId: string): Promise<Recording>;
  /** Starts a recording and returns the answer, whatever its status. */
  tryStart(roomId: string): Promise<Answer>;
  stopRecording(recordingId: string): Promise<Recording>;
  tryStop(recordingId: string): Promise<Answer>;
  getRecording(recordingId: string): Promise<Recording>;
  listRecordings(roomId: string): Promise<readonly Recording[]>;
  deleteRecording(recordingId: string): Promise<Answer>;
  /** @param range value of the Range header, such as `bytes=0-99` */
  media(recordingId: string, range?: string): Promise<Response>;
}

/** Methods that return an `Answer` or a `Response` accept every status. @throws Error another method got an unsuccessful answer */
export function createTallyClient(url: string, apiKey: string): TallyClient {
  async function request(method: string, path: string, body?: object): Promise<Answer> {
    const headers = { 'X-API-KEY': apiKey, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${url}/api/v1${path}`, init);
    return { status: response.status, text: await response.text() };
  }

  async function json(expected: number, method: string, path: string, body?: object): Promise<unknown> {
    const answer = await request(method, path, body);
    if (answer.status !== expected) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text);
  }

  return {
    createRoom: async (roomName) => roomSchema.parse(await json(201, 'POST', '/rooms', { roomName })).roomId,
    tryGetRoom: (roomId) => request('GET', `/rooms/${roomId}`),
    deleteRoom: (roomId, policies) => request('DELETE', `/rooms/${roomId}?${policies}`),
    startRecording: async (roomId) => recordingSchema.parse(await json(201, 'POST', '/recordings', { roomId })),
    tryStart: (roomId) => request('POST', '/recordings', { roomId }),
    stopRecording: async (id) => recordingSchema.parse(await json(202, 'POST', `/recordings/${id}/stop`)),
    tryStop: (id) => request('POST', `/recordings/${id}/stop`),
    getRecording: async (id) => recordingSchema.parse(await json(200, 'GET', `/recordings/${id}`)),
    listRecordings: async (roomId) => listSchema.parse(await json(200, 'GET', `/recordings?roomId=${roomId}`)).recordings,
    deleteRecording: (id) => request('DELETE', `/recordings/${id}`),
    media(id, range) {
      const headers = { 'X-API-KEY': apiKey, ...(range === undefined ? {} : { Range: range }) };
      return fetch(`${url}/api/v1/recordings/${id}/media`, { headers });
    },
  };
}
