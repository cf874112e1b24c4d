/** The Idempotency-Key header. */
import type { Request } from 'express';
import { idempotencyKeySchema, invalidAt } from '../../ingest/index.ts';

/** The key of a request, if it has one. Throws `invalid_request`. */
export function idempotencyKey(req: Request): string | undefined {
  const header = req.get('Idempotency-Key');
  if (header === undefined) return undefined;
  const parsed = idempotencyKeySchema.safeParse(header);
  if (!parsed.success)
    throw invalidAt(['headers', 'Idempotency-Key'], 'it must be 1 to 255 visible ASCII characters.');
  return parsed.data;
}
