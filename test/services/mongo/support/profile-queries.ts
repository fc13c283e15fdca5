import type { MongoUnderTest } from './open-mongo.js';

export interface Query {
  filter: string;
  /** The names of the plan's stages. */
  plan: string;
  keysExamined: number;
  docsExamined: number;
}

/** Returns the primary's profile of the queries that arrived during `run`. */
export async function profileQueries({ db }: MongoUnderTest, run: () => Promise<void>): Promise<Query[]> {
  await db.command({ profile: 0 });
  await db.collection('system.profile').drop();
  await db.command({ profile: 2 });
  await run();
  await db.command({ profile: 0 });
  const entries = await db
    .collection('system.profile')
    .find({ op: { $in: ['query', 'getmore'] }, ns: /\.meet/ })
    .sort({ ts: 1 })
    .toArray();
  return entries.map((entry) => ({
    filter: JSON.stringify(entry['command']),
    plan: stagesOf(entry['execStats']).join(' < '),
    keysExamined: Number(entry['keysExamined']),
    docsExamined: Number(entry['docsExamined']),
  }));
}

interface Stage {
  stage: string;
  inputStage?: Stage;
  inputStages?: Stage[];
}

function stagesOf({ stage, inputStage, inputStages = [] }: Stage): string[] {
  const below = inputStage === undefined ? inputStages : [inputStage, ...inputStages];
  return [stage, ...below.flatMap(stagesOf)];
}
