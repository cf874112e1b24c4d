/** What OpenAI-compatible endpoints really send, from public reports, and what a step should make of it. */
import { CALLS } from './calls.ts';
import { FIELDS, KEEP_ALIVES } from './content.ts';
import { ENDS } from './ends.ts';
import { IN_STREAM, STATUSES } from './errors.ts';
import { DOCUMENTS, FRAMES } from './frames.ts';
import type { Oddity } from './oddity.ts';
import { THINKING } from './thinking.ts';

export type { Oddity } from './oddity.ts';

export const ODDITIES: Readonly<Record<string, readonly Oddity[]>> = {
  ends: ENDS,
  'keep-alives': KEEP_ALIVES,
  fields: FIELDS,
  frames: FRAMES,
  documents: DOCUMENTS,
  'errors in the stream': IN_STREAM,
  thinking: THINKING,
  'tool calls': CALLS,
  statuses: STATUSES,
};
