/** Deploys under running sessions: two builds alive, and clients notice nothing. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { LIMITS, workflowId } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { temporalCli } from '../support/temporal.ts';
import {
  allEvents,
  expectOrdered,
  expectWhole,
  freshId,
  openSession,
  Recorder,
  rest,
  speaker,
  words,
} from './scene.ts';

const CONFIG = fileURLToPath(new URL('./project/deploys.config.ts', import.meta.url));
const NEXT_WORKER = fileURLToPath(new URL('./next-worker.ts', import.meta.url));
/** Tokens of those who speak during the deploy: 20 s, longer than a worker that stops lets them finish. */
const LONG = 400;
const OVER_MS = 120_000;
const TEST_MS = 300_000;
/** A turn of one agent has at most 10 history events, and a run continues as new after `LIMITS.historyEvents`. */
const TURNS_OF_ONE_RUN = LIMITS.historyEvents / 10 + 2;

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function started(options: Parameters<typeof startStack>[0]): Promise<Stack> {
  const stack = await startStack(options);
  closers.push(() => stack.stop());
  return stack;
}

async function follow(stack: Stack, id: string): Promise<Recorder> {
  const seen = new Recorder(stack.urls, id);
  closers.push(() => seen.close());
  await seen.session.ready();
  return seen;
}

async function speaking(stack: Stack, name: string): Promise<Recorder> {
  const seen = await follow(stack, await openSession(stack.urls[0]!, [speaker(name, LONG)]));
  await seen.session.send('Speak.');
  await seen.streaming();
  return seen;
}

/** A session in which one turn is over. */
async function spoken(stack: Stack, name: string): Promise<Recorder> {
  const seen = await follow(stack, await openSession(stack.urls[0]!, [speaker(name, 3)]));
  await seen.session.send('Once.');
  await seen.turnsEnded(1);
  return seen;
}

async function expectUnnoticed(stack: Stack, seen: Recorder): Promise<void> {
  expectWhole(await allEvents(stack.urls[0]!, seen.session.id));
  expectOrdered(seen);
  expect(seen.view.turns.filter(({ status }) => status !== 'completed')).toEqual([]);
}

describe('versioned workers', () => {
  async function scene() {
    const stack = await started({ workers: 0, gateways: 2 });
    const build = async (id: string, workerFile?: string, env: Readonly<Record<string, string>> = {}) => {
      const worker = await stack.worker(process.cwd(), { CONVOKE_BUILD_ID: id, ...env }, workerFile);
      await worker.start();
      return worker;
    };
    const temporal = async (...args: readonly string[]): Promise<string> => {
      const all = [...args, '--address', stack.temporal.address];
      return (await promisify(execFile)(temporalCli(), all)).stdout;
    };
    const deployment = async (command: string, ...args: readonly string[]): Promise<void> => {
      // Refused until the server has heard of the build's workers.
      await eventually(command, async () => {
        const names = ['--deployment-name', 'convoke', '--yes'];
        return (await temporal('worker', 'deployment', command, ...names, ...args)) !== '';
      });
    };
    const on = async (id: string): Promise<readonly string[]> => {
      const version = `TemporalWorkerDeploymentVersion = "convoke:${id}"`;
      const query = `${version} AND WorkflowType = "session" AND ExecutionStatus = "Running"`;
      const listed = await temporal('workflow', 'list', '--query', query, '--output', 'json');
      const found = JSON.parse(listed) as readonly { execution: { workflowId: string } }[];
      return found.map(({ execution }) => execution.workflowId);
    };
    return { stack, build, temporal, deployment, on };
  }

  const idOf = (seen: Recorder): string => workflowId({ tenant: 'dev', session: seen.session.id });

  test(
    'a build takes over from another in the middle of answers; who is left behind is seen, and moves',
    async () => {
      const { stack, build, temporal, deployment, on } = await scene();
      const first = await build('v1');
      await deployment('set-current-version', '--build-id', 'v1');
      const [idle, kept] = await Promise.all(['idle', 'kept'].map((name) => spoken(stack, name)));
      const override = ['workflow', 'update-options', '--workflow-id', idOf(kept!)];
      const pin = ['pinned', '--versioning-override-deployment-name', 'convoke'];
      const to = '--versioning-override-behavior';
      await temporal(...override, to, ...pin, '--versioning-override-build-id', 'v1');
      const second = await build('v2', NEXT_WORKER);
      const during = await Promise.all(['a', 'b', 'c'].map((name) => speaking(stack, name)));
      expect((await on('v2')).length).toBe(0);
      await deployment('set-ramping-version', '--build-id', 'v2', '--percentage', '50');
      await deployment('set-current-version', '--build-id', 'v2');
      expect(during.map(({ steps }) => steps.at(-1)!.status)).toEqual(during.map(() => 'running'));
      expect(await first.end('SIGTERM')).toBe(0);
      const fresh = await speaking(stack, 'fresh');
      await eventually('new sessions run on the new build', async () =>
        (await on('v2')).includes(idOf(fresh)),
      );
      expect(await on('v1')).toContain(idOf(idle!));
      await idle!.session.send('Again.');
      await idle!.turnsEnded(2, OVER_MS);
      await eventually('one is left behind', async () => {
        const left = await on('v1');
        return left.length === 1 && left[0] === idOf(kept!);
      });
      expect((await kept!.session.send('Again.')).status).toBe('accepted');
      await temporal(...override, to, 'unspecified');
      await kept!.turnsEnded(2, OVER_MS);
      for (const each of [...during, fresh]) {
        await each.turnsEnded(1, OVER_MS);
        expect(each.steps.map(({ text }) => text)).toEqual([words(LONG)]);
        expect(each.events.filter(({ type }) => type === 'step.restarted').length).toBeLessThanOrEqual(1);
        await expectUnnoticed(stack, each);
      }
      await Promise.all([expectUnnoticed(stack, idle!), expectUnnoticed(stack, kept!)]);
      await eventually('nobody is left behind', async () => (await on('v1')).length === 0);
      const { length } = await on('v2');
      expect(length).toBe(during.length + 3);
      expect(await temporal('worker', 'deployment', 'describe', '--name', 'convoke')).toContain('v2');
      expect(second.output()).not.toContain('TMPRL1100');
    },
    TEST_MS,
  );

  test(
    'the first versions: sessions move to them, continue as new there, and reach agents of another build',
    async () => {
      const { stack, build, temporal, deployment, on } = await scene();
      const config = { CONVOKE_CONFIG: CONFIG };
      const before = await stack.worker(process.cwd(), config);
      await before.start();
      const seen = await spoken(stack, 'moved');
      await Promise.all([
        build('v1', undefined, config),
        build('v2', undefined, { ...config, TEST_BUILD: '2' }),
      ]);
      await deployment('set-current-version', '--build-id', 'v1');
      expect(await before.end('SIGTERM')).toBe(0);
      let turns = 1;
      const another = async (): Promise<void> => {
        await seen.session.send('And?');
        await seen.turnsEnded((turns += 1));
      };
      while (turns < TURNS_OF_ONE_RUN) await another();
      const runs = `WorkflowId = "${idOf(seen)}" AND ExecutionStatus = "ContinuedAsNew"`;
      // A message that comes soon after a turn shares a workflow task with its end: that turn has fewer events.
      await eventually('it has continued as new', async () => {
        await another();
        return !(await temporal('workflow', 'count', '--query', runs)).includes('Total: 0');
      });
      await another();
      await eventually('it is where it was', async () => (await on('v1')).includes(idOf(seen)));
      await expectUnnoticed(stack, seen);
      // Only the later build has the agent, and the session runs on the earlier one.
      const body = { id: freshId(), agents: ['newcomer'] };
      expect((await rest(stack.urls[0]!, 'POST', '/v1/sessions', { body })).status).toBe(201);
      const asking = await follow(stack, body.id);
      await asking.session.send('Who are you?');
      await asking.turnsEnded(1, OVER_MS);
      expect(asking.steps.map(({ text }) => text)).toEqual(['I am new.']);
      await eventually('it is on the first version', async () => (await on('v1')).includes(idOf(asking)));
    },
    TEST_MS,
  );

  test(
    'rolled back: a session that has passed a patch of the later build is interrupted, and goes on',
    async () => {
      const { stack, build, deployment } = await scene();
      const [, second] = await Promise.all([build('v1'), build('v2', NEXT_WORKER)]);
      await deployment('set-current-version', '--build-id', 'v2');
      const seen = await spoken(stack, 'moved');
      await deployment('set-current-version', '--build-id', 'v1');
      expect(await second.end('SIGTERM')).toBe(0);
      await seen.session.send('Again.');
      await seen.until('it is interrupted', ({ status }) => status === 'interrupted', OVER_MS);
      await seen.session.send('Once more.');
      await seen.turnsEnded(3, OVER_MS);
      await expectUnnoticed(stack, seen);
    },
    TEST_MS,
  );
});

describe('workers without versions', () => {
  test(
    'changed code of teams under running turns: the journal decides',
    async () => {
      const stack = await started({ workers: 2, env: { CONVOKE_CONFIG: CONFIG } });
      const open = async (team: string): Promise<Recorder> => {
        const body = { id: freshId(), agents: ['opener', 'counter', 'closer'], team };
        expect((await rest(stack.urls[0]!, 'POST', '/v1/sessions', { body })).status).toBe(201);
        const seen = await follow(stack, body.id);
        await seen.session.send('Go.');
        await seen.until('the counter counts', ({ entries }) =>
          entries.some(
            (entry) => entry.kind === 'step' && entry.agent === 'counter' && entry.text.length > 5,
          ),
        );
        return seen;
      };
      const [extended, reordered] = await Promise.all([open('extended'), open('reordered')]);
      const old = [...stack.workers];
      const next = { CONVOKE_CONFIG: CONFIG, TEST_BUILD: '2' };
      const roles = await Promise.all(old.map(() => stack.worker(process.cwd(), next)));
      await Promise.all(roles.map((role) => role.start()));
      const counting = [extended, reordered].map(({ steps }) => steps.at(-1)!.status);
      expect(counting).toEqual(['running', 'running']);
      expect(await Promise.all(old.map((worker) => worker.end('SIGTERM')))).toEqual([0, 0]);
      await Promise.all([extended.turnsEnded(1, OVER_MS), reordered.turnsEnded(1, OVER_MS)]);
      expect(extended.view.turns).toMatchObject([{ status: 'completed' }]);
      expect(extended.steps.map(({ agent }) => agent)).toEqual(['opener', 'counter', 'closer']);
      expect(extended.steps.at(-1)!.text).toBe('I close.');
      expect(reordered.view.turns).toMatchObject([
        { status: 'failed', failure: { code: 'team_changed', message: expect.stringContaining('opener') } },
      ]);
      await reordered.session.send('Again.');
      await reordered.turnsEnded(2, OVER_MS);
      expect(reordered.view.turns.at(-1)).toMatchObject({ turn: 't2', status: 'completed' });
      for (const each of [extended, reordered]) {
        expectWhole(await allEvents(stack.urls[0]!, each.session.id));
        expectOrdered(each);
      }
    },
    TEST_MS,
  );
});
