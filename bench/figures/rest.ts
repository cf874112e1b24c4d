/** What an open session costs its worker while nothing happens in it: hibernated it costs none. */
import { spawnSync } from 'node:child_process';
import { connect } from '../../src/client/index.ts';
import type { AgentSpec } from '../../src/contracts/index.ts';
import { stated, type NamedFigure } from '../figure.ts';
import type { Stage } from '../stage.ts';

const AGENTS: readonly AgentSpec[] = [{ name: 'a', runner: 'scripted', script: { tokens: 20 } }];
/** Sessions at the same time. */
const AT_ONCE = 20;

export async function measureRest(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const count = short ? 60 : 600;
  await stage.productWorker.end('SIGTERM');
  await stage.productWorker.start();
  const client = connect({ url: stage.productUrl, token: 'dev' });
  const answered = async (): Promise<void> => {
    const session = await client.open({ agents: AGENTS });
    const ended = new Promise<void>((resolve) => {
      session.on('event', ({ type }) => {
        if (type === 'turn.completed') resolve();
      });
    });
    await session.send('go');
    await ended;
    session.leave();
  };
  const many = async (sessions: number): Promise<void> => {
    for (let done = 0; done < sessions; done += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, answered));
  };
  try {
    // What the process needs in any case.
    await many(2 * AT_ONCE);
    const before = residentKiB(stage.productWorker.pid);
    await many(count);
    const value = (residentKiB(stage.productWorker.pid) - before) / count;
    const title = `memory of the worker, KiB an open session of one turn (${count} of them in its cache; hibernated: 0)`;
    return [stated('restMemory', title, value)];
  } finally {
    client.close();
  }
}

/** Memory of a process, KiB: workflows live in threads of their own, of which no heap of the main thread tells. */
function residentKiB(pid: number): number {
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(stdout);
}
