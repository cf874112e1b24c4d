/** What no worker could run is refused when the session is opened, with the remedy. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { isConvokeError } from '../../src/contracts/index.ts';
import type { AgentSpec, Catalog } from '../../src/contracts/index.ts';
import { Known } from '../../src/ingest/known.ts';

const CATALOG: Catalog = {
  agents: {
    billing: {
      kind: 'code',
      options: {
        type: 'object',
        properties: { currency: { type: 'string', enum: ['EUR', 'USD'] } },
        required: ['currency'],
        additionalProperties: false,
      },
    },
    triage: { kind: 'model' },
  },
  teams: ['panel'],
  tools: ['refund'],
  models: ['default', 'local'],
};

const { models: _, ...SILENT } = CATALOG;

let reads: number;
let catalogs: () => Promise<readonly Catalog[]>;
let known: Known;

beforeEach(() => {
  reads = 0;
  catalogs = async () => [CATALOG];
  known = new Known(() => {
    reads += 1;
    return catalogs();
  });
});

const use = (name: string, options?: AgentSpec['options']): AgentSpec => ({
  ...{ name, runner: 'configured', use: name },
  ...(options ? { options } : {}),
});

async function refusal(agents: readonly AgentSpec[], team = 'sequence'): Promise<unknown> {
  try {
    await known.require({ team: { name: team }, agents });
    return null;
  } catch (error) {
    if (!isConvokeError(error)) throw error;
    return { code: error.code, pointer: error.errors?.[0]?.pointer, message: error.message };
  }
}

describe('a session', () => {
  test('is summarised by an agent that workers have', async () => {
    const session = { team: { name: 'sequence' }, agents: [] };
    await known.require({ ...session, summary: { agent: use('triage') } });
    await expect(known.require({ ...session, summary: { agent: use('scribe') } })).rejects.toMatchObject({
      code: 'agent_unknown',
      errors: [{ pointer: '/summary/agent' }],
    });
  });

  test('of built-in parts alone costs no read', async () => {
    expect(await refusal([{ name: 'a', runner: 'scripted' }])).toBeNull();
    expect(reads).toBe(0);
  });

  test('whose agent needs a model is refused with the remedy if no worker has one', async () => {
    catalogs = async () => [{ ...CATALOG, models: ['local'] }];
    expect(await refusal([{ name: 'm', runner: 'model' }])).toMatchObject({
      code: 'agent_unknown',
      pointer: '/agents/0/runner',
      message: expect.stringContaining('CONVOKE_MODEL'),
    });
    expect(await refusal([{ name: 'm', runner: 'model', provider: 'local' }])).toBeNull();
  });

  test('whose agent names no model is refused if no worker with its endpoint has one for it', async () => {
    const agent: AgentSpec = { name: 'm', runner: 'model', provider: 'bare' };
    const bare = { ...CATALOG, models: ['bare'], modelless: ['bare'] };
    catalogs = async () => [CATALOG, bare];
    expect(await refusal([agent])).toEqual({
      code: 'agent_unknown',
      pointer: '/agents/0/model',
      message:
        'Agent "m" names no model, and its model endpoint "bare" has none of its own: name one in "model" of the agent, or of the endpoint.',
    });
    expect(await refusal([{ ...agent, model: 'qwen3' }])).toBeNull();
    await expect(known.requireAgent(agent, 'join')).rejects.toMatchObject({ code: 'agent_unknown' });
    for (const other of [{ ...bare, modelless: [] }, SILENT]) {
      catalogs = async () => [bare, other];
      known = new Known(catalogs);
      expect(await refusal([agent])).toBeNull();
    }
  });

  test.each([
    ['no worker runs', []],
    ['a worker is older and does not say what it has', [SILENT]],
    ['one of them has a model', [CATALOG, { ...CATALOG, models: [] }]],
  ])('whose agent needs a model is opened while %s', async (_, found: readonly Catalog[]) => {
    catalogs = async () => found;
    expect(await refusal([{ name: 'm', runner: 'model' }])).toBeNull();
  });

  test('of known agents, team and tools is opened; many cost one read', async () => {
    const model: AgentSpec = { name: 'm', runner: 'model', tools: ['refund'] };
    const open = (): Promise<unknown> =>
      refusal([use('billing', { currency: 'EUR' }), use('triage'), model], 'panel');
    expect(await Promise.all([open(), open(), open()])).toEqual([null, null, null]);
    expect(reads).toBe(1);
  });

  test.each<readonly [string, readonly AgentSpec[], readonly [string, string, string]]>([
    [
      'agent',
      [use('triage'), use('biling')],
      ['agent_unknown', '/agents/1', 'Agent "biling" is known to no worker'],
    ],
    [
      'tool',
      [{ name: 'm', runner: 'model', tools: ['pay'] }],
      ['tool_unknown', '/agents/0/tools', 'Tool "pay" is known to no worker'],
    ],
    [
      'model endpoint',
      [{ name: 'm', runner: 'model', provider: 'groq' }],
      ['agent_unknown', '/agents/0/provider', 'Model endpoint "groq" is known to no worker'],
    ],
    [
      'option',
      [use('billing', { currency: 'DM' })],
      ['invalid_request', '/agents/0/options/currency', 'EUR, USD'],
    ],
    ['missing option', [use('billing')], ['invalid_request', '/agents/0/options', 'currency']],
    [
      'further option',
      [use('billing', { currency: 'EUR', colour: 'red' })],
      ['invalid_request', '/agents/0/options', 'colour'],
    ],
    ['name of every object', [use('constructor')], ['agent_unknown', '/agents/0', 'known to no worker']],
  ])('with an unknown %s is refused', async (_, agents, [code, pointer, message]) => {
    expect(await refusal(agents)).toEqual({ code, pointer, message: expect.stringContaining(message) });
  });

  test.each([
    ['that a worker has', 'local', CATALOG],
    ['while workers do not tell theirs', 'groq', SILENT],
  ])('with a model endpoint %s is opened', async (_, provider, catalog) => {
    catalogs = async () => [catalog];
    expect(await refusal([{ name: 'm', runner: 'model', provider }])).toBeNull();
  });

  test('of a team that nobody has is refused', async () => {
    expect(await refusal([use('triage')], 'mob')).toEqual({
      code: 'unknown_team',
      pointer: '/team',
      message: expect.stringContaining('Team "mob" is known to no worker'),
    });
  });

  test('that a worker knows which has started a moment ago is opened', async () => {
    catalogs = async () => (reads > 1 ? [CATALOG] : []);
    expect(await refusal([use('triage')])).toMatchObject({ code: 'agent_unknown' });
    let answer: unknown = 'not asked';
    const until = Date.now() + 5_000;
    while (answer !== null && Date.now() < until) answer = await refusal([use('triage')]);
    expect(answer).toBeNull();
  });

  test('is opened while two configurations are deployed and one of them fits', async () => {
    catalogs = async () => [CATALOG, { ...CATALOG, agents: { billing: { kind: 'code' } } }];
    expect(await refusal([use('billing', { anything: 1 })])).toBeNull();
  });

  test.each([
    ['fails', (): Promise<never> => Promise.reject(new Error('away'))],
    ['hangs', (): Promise<never> => new Promise(() => undefined)],
  ])('is opened while Redis %s', async (_, away) => {
    catalogs = away;
    expect(await refusal([use('nobody')], 'mob')).toBeNull();
  });
});
