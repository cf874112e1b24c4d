/** An open that is sent again is answered as the first one was, though no worker knows the agent any more. */
import { expect, test } from '@jest/globals';
import { ConvokeError, isConvokeError } from '../../src/contracts/index.ts';
import type { SessionSummary } from '../../src/contracts/index.ts';
import { openSession } from '../../src/ingest/open-session.ts';
import type { FoundSession, SessionCalls } from '../../src/temporal/index.ts';

const summary: SessionSummary = {
  ...{ id: 's', tenant: 't', status: 'open', team: 'sequence', createdAt: 0, workflowId: 'session:t:s' },
};
const request = { id: 's', agents: ['billing'] };

/** A deployment whose workers have forgotten everything between two opens. */
function deployment() {
  let found: FoundSession | null = null;
  let refusal: ConvokeError | null = null;
  const calls: Pick<SessionCalls, 'start' | 'find'> = {
    start: async (_, { requestHash }) => {
      found = { summary, requestHash };
      return { started: true, summary };
    },
    find: async () => found,
  };
  const deps = {
    calls: calls as SessionCalls, // safety: nothing else is called
    ...{ defaultAgents: [], isArchived: async () => false },
    known: {
      require: async () => {
        if (refusal) throw refusal;
      },
    },
  };
  const open = async (body: object): Promise<unknown> => {
    try {
      return (await openSession(deps, 't', body, undefined)).replayed;
    } catch (error) {
      if (!isConvokeError(error)) throw error;
      return error.code;
    }
  };
  return { open, forget: () => (refusal = new ConvokeError('agent_unknown')) };
}

test('the same open is answered, another one is refused for its agent', async () => {
  const { open, forget } = deployment();
  expect(await open(request)).toBe(false);
  forget();
  expect(await open(request)).toBe(true);
  expect(await open({ ...request, agents: ['sales'] })).toBe('agent_unknown');
});

test('a session that is not there is refused for its agent', async () => {
  const { open, forget } = deployment();
  forget();
  expect(await open(request)).toBe('agent_unknown');
});
