/** How long after somebody has approved the turn goes on, and what waiting for it adds to the session's history. */
import { connect, type Session } from '../../src/client/index.ts';
import { workflowId, type AgentSpec, type SessionEvent } from '../../src/contracts/index.ts';
import { msSince, nowUs } from '../clock.ts';
import { stated, type NamedFigure } from '../figure.ts';
import { historyLength } from '../history.ts';
import { median, percentile } from '../sample.ts';
import type { Stage } from '../stage.ts';

const AGENTS: readonly AgentSpec[] = [{ name: 'a', runner: 'scripted', script: { tokens: 20 } }];

export async function measureApprovals(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const turns = short ? 10 : 60;
  await stage.productWorker.end('SIGTERM');
  await stage.teamsWorker.start();
  const client = connect({ url: stage.productUrl, token: 'dev' });
  try {
    const plain = await client.open({ agents: AGENTS });
    const gated = await client.open({ agents: AGENTS, team: 'gated' });
    const goesOn: number[] = [];
    for (let turn = 0; turn < turns; turn += 1) goesOn.push(await approvedTurn(gated));
    const floor = await eventsOf(stage, plain, () => ended(plain));
    const events = await eventsOf(stage, gated, () => approvedTurn(gated));
    return [
      stated(
        'approvalP50',
        'from a vote that decides to the next step’s begin at a client, ms, p50',
        median(goesOn),
      ),
      stated('approvalP95', 'the same, p95', percentile(goesOn, 0.95)),
      stated('approvalEvents', 'history events of a turn with one approval (bare: without)', events, floor),
    ];
  } finally {
    client.close();
    await stage.teamsWorker.end('SIGTERM');
    await stage.productWorker.start();
  }
}

/** A turn that waits for an approval and gets it; resolves with the ms from the vote to the begin of the step. */
async function approvedTurn(session: Session): Promise<number> {
  const over = ended(session);
  const open = await approval(session);
  const begun = next(session, ({ type }) => type === 'step.started');
  const at = nowUs();
  await session.approve(open, { by: 'bench' });
  await begun;
  const ms = msSince(at);
  await over;
  return ms;
}

async function approval(session: Session): Promise<{ readonly approval: string; readonly hash: string }> {
  const requested = await next(session, ({ type }) => type === 'approval.requested');
  if (requested.type !== 'approval.requested') throw new Error('another event');
  return requested.data;
}

/** Sends a message; resolves when its turn has ended. */
async function ended(session: Session): Promise<void> {
  const over = next(session, ({ type }) => type === 'turn.completed');
  await session.send('go');
  await over;
}

function next(session: Session, fits: (event: SessionEvent) => boolean): Promise<SessionEvent> {
  return new Promise((resolve) => {
    const stop = session.on('event', (event) => {
      if (!fits(event)) return;
      stop();
      resolve(event);
    });
  });
}

async function eventsOf({ temporal }: Stage, { id }: Session, turn: () => Promise<unknown>): Promise<number> {
  const workflow = workflowId({ tenant: 'dev', session: id });
  await turn();
  const before = await historyLength(temporal, workflow);
  await turn();
  return (await historyLength(temporal, workflow)) - before;
}
