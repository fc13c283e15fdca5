import { z } from 'zod';
import { docs, type VariableDoc } from './values.js';

import { livekitVariables } from './livekit.js';
import { mongodbVariables } from './mongodb.js';
import { redisVariables } from './redis.js';
import { s3Variables } from './s3.js';
import { serviceVariables } from './service.js';
import { storageVariables } from './storage.js';
import { timerVariables } from './timers.js';

/** The groups of variables, in the order of the documentation. */
const GROUPS = {
  Service: serviceVariables,
  LiveKit: livekitVariables,
  Storage: storageVariables,
  MongoDB: mongodbVariables,
  Redis: redisVariables,
  S3: s3Variables,
  Timers: timerVariables,
};

/** Every variable that Tally reads. */
export const environmentSchema = z.object({
  ...serviceVariables,
  ...livekitVariables,
  ...storageVariables,
  ...mongodbVariables,
  ...redisVariables,
  ...s3Variables,
  ...timerVariables,
});

export type Environment = z.infer<typeof environmentSchema>;

/** A variable, its documentation and its default as text. */
export interface DocumentedVariable extends VariableDoc {
  name: string;
  group: string;
  /** The default as text of the environment; absent when there is none or it is computed. */
  defaultValue?: string;
}

/** The source of `.env.example` and `docs/configuration.md`, in the order of the documentation. */
export function documentedVariables(): DocumentedVariable[] {
  return Object.entries(GROUPS).flatMap(([group, variables]) =>
    Object.entries(variables).map(([name, variable]) => {
      const doc = docs.get(variable);
      if (doc === undefined) throw new Error(`${name} has no documentation`);
      return {
        name,
        group,
        ...doc,
        ...(variable instanceof z.ZodDefault && { defaultValue: String(variable.def.defaultValue) }),
      };
    }),
  );
}
