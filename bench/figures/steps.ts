/** Whether the thousandth step of a turn costs what the tenth does. */
import { randomUUID } from 'node:crypto';
import type { EventPage, SessionEvent } from '../../src/contracts/index.ts';
import { eventually } from '../../test/support/process.ts';
import { atMost, type NamedFigure } from '../figure.ts';
import { median } from '../sample.ts';
import type { Stage } from '../stage.ts';

/** Steps that are compared, on both sides of the tenth and the last but ten. */
const AROUND = 10;
const TURN_MS = 300_000;

export async function measureSteps(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const steps = short ? 100 : 1_000;
  await stage.productWorker.end('SIGTERM');
  await stage.stampingWorker.start();
  try {
    const ends = await longTurn(stage, steps);
    const gaps = ends.slice(1).map((at, index) => at - (ends[index] ?? at));
    // Where the turn goes from one activity to the next a step takes longer: the medians leave that out.
    const early = median(gaps.slice(0, 2 * AROUND));
    const late = median(gaps.slice(-2 * AROUND));
    const title = `a step of one token at the end of a turn of ${steps}, ms (at its beginning: ${early.toFixed(1)})`;
    return [atMost({ name: 'lateStep', title, value: late, bare: null }, late / early, 1.1)];
  } finally {
    await stage.stampingWorker.end('SIGTERM');
    await stage.productWorker.start();
  }
}

/** When the steps of a turn ended, ms. */
async function longTurn({ productUrl }: Stage, rounds: number): Promise<readonly number[]> {
  const id = `steps-${randomUUID()}`;
  const agents = ['a', 'b'].map((name) => ({ name, runner: 'scripted', script: { tokens: 1 } }));
  const team = { name: 'sequence', options: { rounds } };
  await call(productUrl, 'POST', '/v1/sessions', { id, agents, team });
  await call(productUrl, 'POST', `/v1/sessions/${id}/messages`, { messageId: 'm1', text: 'go on' });
  let events: readonly SessionEvent[] = [];
  const ended = async (): Promise<boolean> => {
    events = [...events, ...(await newEvents(productUrl, id, events.at(-1)?.seq ?? 0))];
    return events.some(({ type }) => type === 'turn.completed');
  };
  await eventually('the turn has ended', ended, TURN_MS);
  return events.flatMap(({ type, at }) => (type === 'step.completed' ? [at] : []));
}

async function newEvents(url: string, id: string, after: number): Promise<readonly SessionEvent[]> {
  const page = (await call(url, 'GET', `/v1/sessions/${id}/events?after=${after}&limit=500`)) as EventPage; // safety: the gateway answers as the protocol says
  return page.data;
}

async function call(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { Authorization: 'Bearer dev', ...(body ? { 'Content-Type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
