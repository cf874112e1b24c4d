/** Makes what a fork begins with. */
import { scheduleActivity, scheduleLocalActivity } from '@temporalio/workflow';
import { isUnmade, type ForkReport, type SessionInput } from '../../src/contracts/index.ts';
import { ALIVE, summaryOf } from './options.ts';

/** Longer than copying a long session takes, ms. */
const COPY_MS = 20_000;

/** Inside the workflow task, so that nobody meets the fork before it is made; outside if that fails for whatever reason: it may be repeated. */
export async function makeFork(given: SessionInput): Promise<SessionInput> {
  const { tenant, session, info } = given;
  const { parent } = info;
  if (!parent || !isUnmade(given)) return given;
  const input = { tenant, session, info, parent };
  const summary = summaryOf(`fork ${parent.session} at ${parent.seq}`);
  const { carried } = await scheduleLocalActivity<ForkReport>('fork', [input], {
    startToCloseTimeout: COPY_MS,
    retry: { maximumAttempts: 1 },
    summary,
  }).catch(() => scheduleActivity<ForkReport>('fork', [input], { ...ALIVE, summary }));
  return { ...given, carried };
}
