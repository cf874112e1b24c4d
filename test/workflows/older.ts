/** What an older version may have been: the same session, whose history this version would not have made. */
import { sleep } from '@temporalio/workflow';
import type { SessionInput } from '../../src/contracts/index.ts';
import { session as present } from '../../workflows/index.ts';

export async function session(input: SessionInput): Promise<void> {
  await sleep(1);
  await present(input);
}
