import { encodePageToken } from '../../src/http/route/pages.js';
import { API_KEY, type Lab, openLab } from '../lab/lab.js';
import { fillMongo } from '../lab/mongo-fill.js';
import { load } from '../lab/raw-load.js';
import type { RealPlace } from '../places/real-place.js';
import { formatRecordingId } from '../../src/machines/recording/recording-id.js';
import { finishedRecording, startOf } from '../lab/recordings.js';
import { middleOf } from '../results/middle.js';
import { median, type Result, single } from '../results/result.js';
import { openSimulator, type Simulator } from '../places/simulator.js';

const LARGE = 1_000_000;
const SMALL = 20_000;
const ROOMS = 10;
const PAGES = 200;
const LISTS = 3_000;
const GETS = 20_000;
const CONNECTIONS = 10;

const FILTERS = [
  '',
  '&roomId=bench-3',
  '&status=complete',
  '&status=failed',
  '&roomId=bench-3&status=complete',
  '&roomName=ench',
];

/** Measure pages and single recordings out of a million, read over HTTP from MongoDB. */
export async function bigLists(place: RealPlace): Promise<Result[]> {
  const [large, small] = [place.count(LARGE), place.count(SMALL)];
  const opened: Lab[] = [];
  const open = async (count: number) => {
    const lab = await openLab<Simulator>(place, {
      openLiveKit: openSimulator,
      prepare: ({ MEET_MONGO_DB_NAME: dbName = '' }) => fillMongo(place.mongoUri, dbName, count, ROOMS),
    });
    opened.push(lab);
    return lab;
  };
  try {
    const [few, many] = [await open(small), await open(large)];
    return [
      await pageRatio({ lab: few, count: small }, { lab: many, count: large }, place.count(PAGES)),
      await listsPerSecond(many, large, place.count(LISTS)),
      await getsPerSecond(many, large, place.count(GETS)),
    ];
  } finally {
    for (const lab of opened) await lab.close();
  }
}

interface Collection {
  lab: Lab;
  count: number;
}

/** Compare a page of the large collection with the same page of the small one: for each filter, the first page and one in the
 * middle. The result is the worst of the ratios. */
async function pageRatio(few: Collection, many: Collection, pages: number): Promise<Result> {
  const ratios: number[] = [];
  for (const filter of FILTERS) {
    for (const share of [0, 0.5]) {
      const samples = { few: [] as number[], many: [] as number[] };
      for (let page = 0; page < pages; page++) {
        samples.few.push(await pageMs(few, filter, share));
        samples.many.push(await pageMs(many, filter, share));
      }
      const [large, small] = [middleOf(samples.many), middleOf(samples.few)];
      ratios.push(large / small);
      note(`${filter || 'all'}, from ${String(share)}: ${large.toFixed(2)} ms of ${small.toFixed(2)} ms`);
    }
  }
  const goal = { name: 'list_1m_ratio', unit: '×', target: 1.2, op: '<=' } as const;
  return { ...median(goal, ratios), ...single(goal, Math.max(...ratios), pages) };
}

async function pageMs({ lab, count }: Collection, filter: string, share: number): Promise<number> {
  const { status, body, ms } = await lab.api('GET', pagePath(Math.floor(count * share), filter));
  if (status !== 200) throw new Error(`list answered ${String(status)}: ${body}`);
  return ms;
}

async function listsPerSecond({ tallyUrl }: Lab, count: number, pages: number): Promise<Result> {
  const paths = spread(count - ROOMS * 200, pages).map((from, index) => `/api/v1${pagePath(from, FILTERS[index % 3])}`);
  const { seconds, answers, ownShare } = await load(tallyUrl, paths, CONNECTIONS, { 'X-API-KEY': API_KEY });
  note(`the load generator took ${String(Math.round(ownShare * 100))} % of a core`);
  return single({ name: 'list_per_s', unit: '1/s', target: 400, op: '>=' }, answers / seconds, answers);
}

async function getsPerSecond({ tallyUrl }: Lab, count: number, gets: number): Promise<Result> {
  const paths = spread(count, gets).map((number) => `/api/v1/recordings/${formatRecordingId(finishedRecording(number, ROOMS))}`);
  const { seconds, answers, ownShare } = await load(tallyUrl, paths, CONNECTIONS, { 'X-API-KEY': API_KEY });
  note(`the load generator took ${String(Math.round(ownShare * 100))} % of a core`);
  return single({ name: 'get_per_s', unit: '1/s', target: 2_500, op: '>=' }, answers / seconds, answers);
}

/** A page of 100 that begins after the recording of this number. */
function pagePath(number: number, filter = ''): string {
  const token = number === 0 ? '' : encodePageToken({ value: startOf(number), id: '000000000000000000000000' });
  return `/recordings?maxItems=100${filter}${token === '' ? '' : `&nextPageToken=${encodeURIComponent(token)}`}`;
}

/** Numbers below a limit, out of order but the same in every run. */
function spread(limit: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 7_919_017) % Math.max(1, limit));
}

function note(line: string): void {
  process.stderr.write(`${line}\n`);
}
