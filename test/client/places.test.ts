/** More sessions on a client than one connection may follow. */
import { describe, expect, test } from '@jest/globals';
import { CLIENT_LIMITS } from '../../src/contracts/public.ts';
import { connect } from '../../src/client/index.ts';
import type { Client, ClientOptions, Session, TurnPiece } from '../../src/client/index.ts';
import { FakeLog } from './fake-log.ts';
import { refuse } from './scripted-gateway.ts';
import type { ScriptedGateway } from './scripted-gateway.ts';
import { sessionState, startClient, startGateway, stateOf } from './setup.ts';

const MOST: number = CLIENT_LIMITS.subscriptionsPerSocket;

/** Refuses further subscriptions as a gateway does. */
function keepPlaces(gateway: ScriptedGateway, most = MOST): Set<string> {
  const followed = new Set<string>();
  gateway.script = (name, { session }) => {
    if (name === 'unsubscribe') followed.delete(String(session));
    if (name !== 'subscribe') return undefined;
    if (!followed.has(String(session)) && followed.size >= most) return refuse('too_many_subscriptions');
    followed.add(String(session));
    return undefined;
  };
  return followed;
}

function sessions(client: Client, count: number): Session[] {
  return Array.from({ length: count }, (_, at) => client.session(`s${at + 1}`));
}

async function all(pieces: AsyncIterable<TurnPiece>): Promise<TurnPiece[]> {
  const found: TurnPiece[] = [];
  for await (const piece of pieces) found.push(piece);
  return found;
}

describe('a session too many', () => {
  test('is queued, and goes on when another is left; in the order of coming', async () => {
    const gateway = await startGateway(new FakeLog());
    keepPlaces(gateway);
    const client = startClient(gateway.url);
    await stateOf(client, 'online');
    const followed = sessions(client, MOST + 2);
    const [next, last] = followed.slice(MOST);
    expect([next!.status, last!.status]).toEqual([{ state: 'queued' }, { state: 'queued' }]);
    await Promise.all(followed.slice(0, MOST).map((session) => sessionState(session, 'live')));
    expect(gateway.subscribes.items).toHaveLength(MOST);
    followed[4]!.leave();
    await sessionState(next!, 'live');
    expect(last!.status.state).toBe('queued');
    next!.leave();
    await sessionState(last!, 'live');
    expect(gateway.subscribes.items.slice(MOST).map(({ session }) => session)).toEqual([next!.id, last!.id]);
  });

  test('is queued again after a reconnect, and those that were followed are followed', async () => {
    const gateway = await startGateway(new FakeLog());
    keepPlaces(gateway).clear();
    const client = startClient(gateway.url);
    const followed = sessions(client, MOST + 1);
    await Promise.all(followed.slice(0, MOST).map((session) => sessionState(session, 'live')));
    const waits = followed[MOST]!;
    expect(waits.status.state).toBe('queued');
    gateway.cut();
    await sessionState(waits, 'waiting');
    keepPlaces(gateway);
    await Promise.all(followed.slice(0, MOST).map((session) => sessionState(session, 'live')));
    expect(waits.status.state).toBe('queued');
    followed[0]!.leave();
    await sessionState(waits, 'live');
  });

  test('asks nothing that it could not hear the answer of, and says what to do', async () => {
    const log = new FakeLog();
    const gateway = await startGateway(log);
    keepPlaces(gateway);
    const client = startClient(gateway.url);
    const followed = sessions(client, MOST);
    await Promise.all(followed.map((session) => sessionState(session, 'live')));
    const more = client.session('more');
    const refused = {
      code: 'too_many_subscriptions',
      message: expect.stringContaining('leave one'),
    };
    await expect(all(more.ask('Hello?'))).rejects.toMatchObject(refused);
    expect(gateway.sends.items).toHaveLength(0);
    expect(more.pending).toEqual([]);
    followed[0]!.leave();
    await sessionState(more, 'live');
    more.send('Hello?').catch(() => undefined);
    await gateway.sends.reached(1);
  });

  test('takes the place of one that was refused for good', async () => {
    const gateway = await startGateway(new FakeLog());
    gateway.script = (name, { session }) =>
      name === 'subscribe' && session === 's3' ? refuse('session_not_found') : undefined;
    const followed = sessions(startClient(gateway.url), MOST + 1);
    expect(await sessionState(followed[2]!, 'failed')).toMatchObject({
      error: { code: 'session_not_found' },
    });
    await sessionState(followed[MOST]!, 'live');
  });

  test('waits in the same way at a gateway that has fewer places', async () => {
    const gateway = await startGateway(new FakeLog());
    keepPlaces(gateway, 2);
    const client = startClient(gateway.url);
    const [one, two, three] = sessions(client, 3);
    await Promise.all([sessionState(one!, 'live'), sessionState(two!, 'live')]);
    await sessionState(three!, 'queued');
    two!.leave();
    await sessionState(three!, 'live');
  });
});

test('a session that could not be followed is asked once it can', async () => {
  const log = new FakeLog();
  const gateway = await startGateway(log);
  gateway.script = (name) => (name === 'subscribe' ? refuse('session_not_found') : undefined);
  const session = startClient(gateway.url).session('s1');
  await sessionState(session, 'failed');
  await expect(all(session.ask('Hello?'))).rejects.toMatchObject({ code: 'session_not_found' });
  expect(gateway.sends.items).toHaveLength(0);
  gateway.script = () => undefined;
  const answer = all(session.ask({ text: 'Hello?', messageId: 'm1' }));
  await gateway.sends.reached(1);
  gateway.push(...log.message('m1', 't1'), log.append('turn.completed', {}, { turn: 't1' }));
  expect(await answer).toEqual([{ type: 'ended', turn: 't1', status: 'completed' }]);
});

test.each([
  ['', 'no complete address'],
  ['localhost:3000', 'localhost:'],
  ['example.com', 'no complete address'],
  ['file:///tmp', 'file:'],
  ['https://example.com/convoke', 'has a path'],
  [['http://127.0.0.1:1', '/relative'], '/relative'],
  [[], 'at least one'],
] as [ClientOptions['url'], string][])('the url %j is refused at once', (url, why) => {
  const refused = { code: 'invalid_request', message: expect.stringContaining(why) };
  let error: unknown;
  try {
    connect({ url, token: 'key' }).close();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject(refused);
});
