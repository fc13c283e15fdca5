import { z } from 'zod';

/** The documentation of a variable, for `.env.example` and `docs/configuration.md`. */
export interface VariableDoc {
  /** One sentence. */
  description: string;
  unit?: string;
  /** In place of a default that is computed. */
  defaultText?: string;
}

export const docs = z.registry<VariableDoc>();

/** What some variables, by their names, are parsed to. */
export type Values<Variables extends z.ZodRawShape> = z.infer<z.ZodObject<Variables>>;
