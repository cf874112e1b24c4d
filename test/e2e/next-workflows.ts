/** A later build of the session's workflow: what it does in addition stands behind a patch. */
import { patched, setCurrentDetails } from '@temporalio/workflow';
import type { SessionInput } from '../../src/contracts/index.ts';
import { session as present } from '../../workflows/index.ts';

export async function session(input: SessionInput): Promise<void> {
  if (patched('next-build')) setCurrentDetails('Runs on the next build.');
  await present(input);
}
