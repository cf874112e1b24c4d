/** Sessions at rest, for tests. */
import { expect } from '@jest/globals';
import { workflowId } from '../../src/contracts/index.ts';
import type { Archive } from '../../src/archive/index.ts';
import type { AgentRunner } from '../../activities/index.ts';
import { eventually } from '../support/process.ts';
import type { Engine, TestSession } from '../support/worker.ts';
import { agent, faults } from './agents.ts';

/** Says what it is shown. */
export const echoes: AgentRunner = {
  async *run({ conversation }) {
    yield { type: 'text', text: conversation.map(({ text }) => text).join(' | ') };
  },
};

export function hibernated(session: TestSession): Promise<void> {
  return eventually('it hibernates', async () => (await session.state()).status === 'hibernated', 60_000);
}

export function closed(session: TestSession): Promise<void> {
  return eventually(
    'it is closed',
    async () => (await session.handle().describe()).status.name !== 'RUNNING',
    60_000,
  );
}

/** One that has answered `m1`, and hibernates. */
export async function asleep(engine: Engine, id?: string): Promise<TestSession> {
  const session = await engine.open([agent('a')], id);
  await session.send('m1', 'one');
  await session.turnEnded('t1');
  await hibernated(session);
  return session;
}

/** As after Temporal's retention. */
export async function forget(engine: Engine, session: TestSession): Promise<void> {
  const { namespace } = engine.client.options;
  const workflowExecution = { workflowId: workflowId(session) };
  await engine.client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
  await eventually(
    'Temporal has forgotten it',
    async () => {
      const found = await session
        .handle()
        .describe()
        .catch(() => null);
      return found === null;
    },
    60_000,
  );
}

/** What the next storing of a state does, then it is stored as always; and how states are read. */
export class StoreHook {
  readonly #next = new Map<string, (store: () => Promise<void>) => Promise<void>>();
  #read: (() => Promise<void>) | null = null;

  /** Of the session with this id. Resolves once `act` has been called. */
  once(session: string, act: (store: () => Promise<void>) => Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      this.#next.set(session, async (store) => {
        this.#next.delete(session);
        resolve();
        await act(store);
      });
    });
  }

  /** What is stored cannot be read, and the second time only after `until`. Resolves once it is read for the second time. */
  slowly(until: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      this.#read = async () => {
        this.#read = async () => {
          this.#read = null;
          resolve();
          await until;
        };
        throw new Error('scripted: the archive is away');
      };
    });
  }

  over(archive: Archive): Archive {
    return {
      ...archive,
      stored: async (ref) => {
        await this.#read?.();
        return archive.stored(ref);
      },
      store: (ref, session) => {
        const store = (): Promise<void> => archive.store(ref, session);
        return this.#next.get(ref.session)?.(store) ?? store();
      },
    };
  }
}

/** How many runs Temporal has of its workflow, continued ones too. */
export async function runs({ client }: Engine, session: TestSession): Promise<number> {
  const query = `WorkflowId = '${session.id}'`;
  let count = 0;
  for await (const _run of client.workflow.list({ query })) count += 1;
  return count;
}

/** All that the session says after it was woken: as if it had been open. */
export async function goesOn(session: TestSession, messageId: string, turn: string): Promise<string> {
  await session.send(messageId, `text of ${messageId}`);
  const events = await session.turnEnded(turn);
  expect(faults(events.filter(({ type }) => type !== 'session.recovered'))).toEqual([]);
  const said = events.findLast((event) => event.type === 'step.completed');
  return said?.type === 'step.completed' ? said.data.text : '';
}
