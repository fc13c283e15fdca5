import { z } from 'zod';

/** The documentation of a variable, for `.env.example` and `docs/configuration.md`. */
export interface VariableDoc {
  /** One sentence. */
  description: string;
  unit?: string;
  /** Describes a default that is computed. */
  defaultText?: string;
}

export const docs = z.registry<VariableDoc>();

/** The parsed values of some variables, keyed by name. */
export type Values<Variables extends z.ZodRawShape> = z.infer<z.ZodObject<Variables>>;
