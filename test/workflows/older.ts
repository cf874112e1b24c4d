/** What an older version may have been: the same session, whose history this version would not have made. */
import { upsertSearchAttributes } from '@temporalio/workflow';
import type { SessionInput } from '../../src/contracts/index.ts';
import { session as present } from '../../workflows/index.ts';
import { statusKey } from '../../workflows/messages.ts';

export async function session(input: SessionInput): Promise<void> {
  upsertSearchAttributes([{ key: statusKey, value: 'open' }]);
  await present(input);
}
