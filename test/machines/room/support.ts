import type { MeetingKeeper } from '../../../src/machines/room/meetings.js';

/** For tests of recordings alone. */
export const noMeetings: MeetingKeeper = { see: async () => undefined, recheck: async () => undefined };
