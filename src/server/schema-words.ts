/** What the schemas of the REST interface are made of. */
import { Type, type TSchema } from '../core/schema.ts';

export const closed = { additionalProperties: false } as const;
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const ms = (description: string) => Type.Number({ description: `${description} (ms since 1970)` });
export const labels = Type.Record(Type.String(), Type.String());
