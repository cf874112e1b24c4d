/** The settings of a model endpoint, as configurations write them. */
import { z } from 'zod';

const providerSchema = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).exactOptional(),
  apiKey: z.string().min(1).exactOptional(),
  /** The environment variable that holds the key, so that the file need not. */
  apiKeyVariable: z.string().min(1).exactOptional(),
  model: z.string().min(1).exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  concurrency: z.number().int().min(1).exactOptional(),
  streamOptions: z.boolean().exactOptional(),
  systemRole: z.boolean().exactOptional(),
  jsonOutput: z.boolean().exactOptional(),
  own: z.boolean().exactOptional(),
});

export const nameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'a name is 1 to 64 characters of A-Z a-z 0-9 _ -');

export const providersSchema = z.record(nameSchema, providerSchema);

export type Provider = z.infer<typeof providerSchema>;
