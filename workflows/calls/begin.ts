/** Makes what a run begins with that was not given it: of a fork, and of a session that is woken or reopened. */
import { scheduleActivity, scheduleLocalActivity } from '@temporalio/workflow';
import { isUnmade, type BeginReport, type SessionInput } from '../../src/contracts/index.ts';
import { ALIVE, summaryOf } from './options.ts';

/** Longer than copying a long session takes, ms. */
const COPY_MS = 20_000;

/**
 * Inside the workflow task, so that nobody meets the session before it is made; outside if that fails for whatever reason: it may be repeated.
 */
export async function begin(given: SessionInput): Promise<SessionInput> {
  const call = callOf(given);
  if (!call || !isUnmade(given)) return given;
  const { name, input, story } = call;
  const summary = summaryOf(story);
  const { carried } = await scheduleLocalActivity<BeginReport>(name, [input], {
    startToCloseTimeout: COPY_MS,
    retry: { maximumAttempts: 1 },
    summary,
  }).catch(() => scheduleActivity<BeginReport>(name, [input], { ...ALIVE, summary }));
  return { ...given, carried };
}

interface Call {
  readonly name: 'resume' | 'fork';
  readonly input: object;
  readonly story: string;
}

function callOf({ tenant, session, info, resumes }: SessionInput): Call | null {
  const { parent } = info;
  if (resumes)
    return { name: 'resume', input: { tenant, session, resumes }, story: `${resumes} the session` };
  if (!parent) return null;
  const story = `fork ${parent.session} at ${parent.seq}`;
  return { name: 'fork', input: { tenant, session, info, parent }, story };
}
