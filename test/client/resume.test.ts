import { describe, expect, test } from '@jest/globals';
import type { SessionEvent } from '../../src/contracts/index.ts';
import { FakeLog } from './fake-log.ts';
import { refuse } from './scripted-gateway.ts';
import { caughtUp, sessionState, startClient, startGateway, stateOf, until } from './setup.ts';

/** A log with a turn in which a step has said "one two ". */
function runningLog(): FakeLog {
  const log = new FakeLog();
  log.message('m1', 't1');
  log.start('t1', 't1.1');
  log.say('t1.1', 'one two ');
  return log;
}

describe('following a session', () => {
  test('the first subscription has no cursor and takes the snapshot, open text included', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    expect(await session.ready()).toEqual(log.view);
    expect(gateway.subscribes.items).toEqual([{ session: 's1' }]);
    expect((await sessionState(session, 'live')).mode).toBe('snapshot');
  });

  test('after a cut it resumes from epoch, seq and the text that it has', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await sessionState(session, 'live');
    const seqs: number[] = [];
    session.on('event', (event) => seqs.push(event.seq));
    const waiting = sessionState(session, 'waiting');
    gateway.cut();
    await waiting;
    log.say('t1.1', 'three');
    log.complete('t1', 't1.1');
    expect((await sessionState(session, 'live')).mode).toBe('resume');
    expect(gateway.subscribes.items[1]).toEqual({
      session: 's1',
      cursor: { epoch: 1_000, seq: 4, open: { 't1.1': { attempt: 1, offset: 8 } } },
    });
    await caughtUp(session, log);
    expect(seqs).toEqual([5]);
  });

  test('an open step comes in one piece and is not said twice', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await sessionState(session, 'live');
    const texts: string[] = [];
    session.on('delta', (delta) => texts.push(`${delta.offset}:${delta.text}`));
    const waiting = sessionState(session, 'waiting');
    gateway.cut();
    await waiting;
    log.say('t1.1', 'three ');
    log.say('t1.1', 'four');
    await caughtUp(session, log);
    expect(texts).toEqual(['8:three four']);
  });

  test('frames that come twice count once', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await sessionState(session, 'live');
    const seen: SessionEvent[] = [];
    session.on('event', (event) => seen.push(event));
    const delta = log.say('t1.1', 'three');
    const event = log.complete('t1', 't1.1');
    gateway.push(delta, delta, event, event, delta);
    const end = log.append('turn.completed', {}, { turn: 't1' });
    gateway.push(end);
    await caughtUp(session, log);
    expect(seen.map((each) => each.seq)).toEqual([5, 6]);
    expect(gateway.subscribes.items).toHaveLength(1);
  });

  test('a gap leads to one subscription with the cursor, however many frames show it', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await sessionState(session, 'live');
    log.message('m2', 't2');
    gateway.push(log.start('t2', 't2.1'), log.say('t2.1', 'x'), log.complete('t2', 't2.1'));
    await caughtUp(session, log);
    await sessionState(session, 'live');
    expect(gateway.subscribes.items).toHaveLength(2);
    expect(gateway.subscribes.items[1]?.cursor?.seq).toBe(4);
  });

  test('a delta that leaves a hole leads to a subscription that fills it', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await sessionState(session, 'live');
    log.say('t1.1', 'lost ');
    gateway.push(log.say('t1.1', 'kept'));
    await caughtUp(session, log);
    expect(gateway.subscribes.items[1]?.cursor?.open).toEqual({ 't1.1': { attempt: 1, offset: 8 } });
  });

  test('a reset replaces what is here, and a new epoch takes the snapshot', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await sessionState(session, 'live');
    const reset = until((fn: (view: unknown) => void) => session.on('reset', fn));
    log.newEpoch();
    gateway.reset(log.view);
    expect(await reset).toEqual(log.view);
    expect(session.view).toEqual(log.view);

    log.newEpoch();
    gateway.push(log.append('turn.completed', {}, { turn: 't1' }));
    await caughtUp(session, log);
    expect(gateway.subscribes.items[1]?.cursor?.epoch).toBe(2_000);
    expect((await sessionState(session, 'live')).mode).toBe('snapshot');
  });

  test('text of a superseded attempt is withdrawn, and what its attempt still says is ignored', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await sessionState(session, 'live');
    const late = log.say('t1.1', 'late');
    gateway.push(log.restart('t1', 't1.1'), late, log.say('t1.1', 'anew'));
    await caughtUp(session, log);
    expect(session.view?.entries.at(-1)).toMatchObject({ kind: 'step', attempt: 2, text: 'anew' });
    expect(gateway.subscribes.items).toHaveLength(1);
  });

  test('views are values: one that was given never changes', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    const before = await session.ready();
    const copy = structuredClone(before);
    gateway.push(log.say('t1.1', 'more'));
    await caughtUp(session, log);
    expect(before).toEqual(copy);
    expect(session.view).not.toBe(before);
  });

  test('a subscription that is refused for now is tried again; one that is refused for good fails the session', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    let refusals = 2;
    gateway.script = (name) =>
      name === 'subscribe' && refusals-- > 0 ? refuse('log_unavailable', 5) : undefined;
    const client = startClient(gateway.url);
    const session = client.session('s1');
    expect(await session.ready()).toEqual(log.view);

    gateway.script = () => refuse('session_not_found');
    const other = client.session('s2');
    expect((await sessionState(other, 'failed')).error).toMatchObject({ code: 'session_not_found' });
    await expect(other.ready()).rejects.toMatchObject({ code: 'session_not_found' });
  });

  test('leaving unsubscribes; closing the client ends its sessions', async () => {
    const log = runningLog();
    const gateway = await startGateway(log);
    const client = startClient(gateway.url);
    const session = client.session('s1');
    await session.ready();
    session.leave();
    await gateway.unsubscribes.reached(1);
    expect(session.status.state).toBe('left');
    const again = client.session('s1');
    expect(again).not.toBe(session);
    await again.ready();
    client.close();
    expect(again.status).toMatchObject({ state: 'left', error: { code: 'closed' } });
    await expect(again.send('x')).rejects.toMatchObject({ code: 'closed' });
    await stateOf(client, 'closed');
  });
});
