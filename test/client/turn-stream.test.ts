import { describe, expect, test } from '@jest/globals';
import type { TurnPiece } from '../../src/client/index.ts';
import { LIMITS } from '../../src/contracts/index.ts';
import { FakeLog } from './fake-log.ts';
import { refuse } from './scripted-gateway.ts';
import type { ScriptedGateway } from './scripted-gateway.ts';
import { sessionState, startClient, startGateway } from './setup.ts';

/** Text as it is, what else there is in brackets. */
function show(piece: TurnPiece): string {
  if (piece.type === 'text') return piece.text;
  if (piece.type === 'reasoning') return `(${piece.text})`;
  if (piece.type === 'call') return `[calls ${piece.call.tool}]`;
  if (piece.type === 'progress') return `[${piece.tool}: ${piece.text}]`;
  if (piece.type === 'result') return `[${piece.tool} gives ${piece.text}]`;
  if (piece.type === 'approval') return `[waits for approval of ${piece.approval.title}]`;
  return piece.type === 'withdrawn' ? `[withdrawn ${piece.attempt}]` : `[${piece.status}]`;
}

async function read(pieces: AsyncIterable<TurnPiece>): Promise<string[]> {
  const all: string[] = [];
  for await (const piece of pieces) all.push(show(piece));
  return all;
}

/** Takes pieces until their text is `text`: by then the client has seen that much. */
async function take(pieces: AsyncGenerator<TurnPiece>, text: string): Promise<void> {
  let seen = '';
  while (seen !== text) {
    const next = await pieces.next();
    if (next.done) throw new Error(`ended after ${seen}`);
    seen += show(next.value);
  }
}

/** A log in which the turn of `m1` is at its first step. */
function turnLog(): FakeLog {
  const log = new FakeLog();
  log.message('m1', 't1');
  log.start('t1', 't1.1');
  return log;
}

/** Messages that push everything before them out of the view. */
function fill(log: FakeLog): void {
  for (let at = 0; at < LIMITS.snapshotEntries; at++) {
    log.append('message.rejected', { messageId: `fill-${at}`, code: 'inbox_full' });
  }
}

function endTurn(gateway: ScriptedGateway, log: FakeLog): void {
  gateway.push(log.complete('t1', 't1.1'), log.append('turn.completed', {}, { turn: 't1' }));
}

describe('a turn as an iterable', () => {
  test('ask sends, and gives what the agents say up to the end', async () => {
    const log = new FakeLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await sessionState(session, 'live');
    const answer = session.ask({ text: 'hi', messageId: 'm1' });
    await gateway.sends.reached(1);
    gateway.push(...log.message('m1', 't1'), log.start('t1', 't1.1'), log.say('t1.1', 'Hello '));
    await take(answer, 'Hello ');
    gateway.push(log.say('t1.1', 'you'), log.complete('t1', 't1.1'), log.start('t1', 't1.2', 'bob'));
    gateway.push(log.say('t1.2', 'Bye'), log.complete('t1', 't1.2'));
    gateway.push(log.append('turn.completed', {}, { turn: 't1' }));
    const rest: TurnPiece[] = [];
    for await (const piece of answer) rest.push(piece);
    expect(rest.at(-1)).toEqual({ type: 'ended', turn: 't1', status: 'completed' });
    const text = (agent: string): string =>
      rest.map((piece) => (piece.type === 'text' && piece.agent === agent ? piece.text : '')).join('');
    expect([text('ann'), text('bob')]).toEqual(['you', 'Bye']);
  });

  test('a retry of a step withdraws what was given of it', async () => {
    const log = turnLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await session.ready();
    const pieces = session.turn('t1');
    gateway.push(log.say('t1.1', 'wrong'));
    await take(pieces, 'wrong');
    gateway.push(log.restart('t1', 't1.1'));
    await take(pieces, '[withdrawn 1]');
    gateway.push(log.say('t1.1', 'right'));
    await take(pieces, 'right');
    endTurn(gateway, log);
    expect(await read(pieces)).toEqual(['[completed]']);
  });

  test('reasoning comes as pieces of its own, and is withdrawn with the text', async () => {
    const log = turnLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await session.ready();
    const pieces = session.turn('t1');
    gateway.push(log.think('t1.1', 'Hm'));
    await take(pieces, '(Hm)');
    gateway.push(log.restart('t1', 't1.1'));
    await take(pieces, '[withdrawn 1]');
    gateway.push(log.think('t1.1', 'Ah'), log.say('t1.1', 'Yes'));
    await take(pieces, '(Ah)Yes');
    gateway.push(log.complete('t1', 't1.1'), log.append('turn.completed', {}, { turn: 't1' }));
    expect(await read(pieces)).toEqual(['[completed]']);
    expect(session.view?.entries.at(-1)).toMatchObject({ reasoning: 'Ah', text: 'Yes' });
  });

  test('a call of a tool comes as such, with its progress and its result, not as text of the agent', async () => {
    const log = turnLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await session.ready();
    const pieces = session.turn('t1');
    gateway.push(log.start('t1', 't1.1.c1', 'ann', { id: 'c1', tool: 'pay', input: {} }));
    await take(pieces, '[calls pay]');
    gateway.push(log.think('t1.1.c1', 'half'));
    await take(pieces, '[pay: half]');
    gateway.push(log.say('t1.1.c1', 'paid'), log.complete('t1', 't1.1.c1'));
    await take(pieces, '[pay gives paid]');
    endTurn(gateway, log);
    expect(await read(pieces)).toEqual(['[completed]']);
  });

  test('an end that leaves out the reasoning withdraws nothing', async () => {
    const log = turnLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await session.ready();
    const pieces = session.turn('t1');
    gateway.push(log.think('t1.1', 'Hm'), log.say('t1.1', 'Yes'));
    await take(pieces, '(Hm)Yes');
    gateway.push(log.append('step.completed', { text: 'Yes!' }, { turn: 't1', step: 't1.1', attempt: 1 }));
    gateway.push(log.append('turn.completed', {}, { turn: 't1' }));
    expect(await read(pieces)).toEqual(['!', '[completed]']);
  });

  test('a cut and a snapshot in the middle are not seen by its reader', async () => {
    const log = turnLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await session.ready();
    const pieces = session.turn({ messageId: 'm1' });
    gateway.push(log.say('t1.1', 'one '));
    await take(pieces, 'one ');
    const waiting = sessionState(session, 'waiting');
    gateway.cut();
    await waiting;
    log.say('t1.1', 'two ');
    await take(pieces, 'two ');
    log.say('t1.1', 'three');
    gateway.reset(log.view);
    await take(pieces, 'three');
    endTurn(gateway, log);
    expect(await read(pieces)).toEqual(['[completed]']);
  });

  test('a turn that is over is told at once, in one piece for each step', async () => {
    const log = turnLog();
    log.say('t1.1', 'one ');
    log.say('t1.1', 'two');
    log.complete('t1', 't1.1');
    log.append('turn.cancelled', { reason: 'asked' }, { turn: 't1' });
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    expect(await read(session.turn('m1'))).toEqual(['one two', '[cancelled]']);
  });

  test('a failed turn throws its code after its text', async () => {
    const log = turnLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await session.ready();
    const pieces = session.turn('t1');
    gateway.push(log.say('t1.1', 'so'));
    await take(pieces, 'so');
    const failure = { code: 'agent_timeout', message: 'too slow' };
    gateway.push(log.append('turn.failed', failure, { turn: 't1' }));
    await expect(read(pieces)).rejects.toMatchObject({ name: 'ConvokeError', ...failure });
  });

  test('a message that is refused, by the server or in the session, throws why', async () => {
    const log = new FakeLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await session.ready();
    const full = session.ask({ text: 'x', messageId: 'm1' });
    gateway.push(log.append('message.rejected', { messageId: 'm1', code: 'inbox_full' }));
    await expect(read(full)).rejects.toMatchObject({ code: 'inbox_full' });
    gateway.script = (name) => (name === 'send' ? refuse('session_closed') : undefined);
    await expect(read(session.ask('y'))).rejects.toMatchObject({ code: 'session_closed' });
  });

  test.each([{ channel: 'orders' }, { to: ['Bob'] }])(
    'a message that no agent answers is not asked: %j',
    async (more) => {
      const gateway = await startGateway(new FakeLog());
      const session = startClient(gateway.url).session('s1');
      await session.ready();
      const message = expect.stringContaining('use send, not ask');
      const refused = expect.objectContaining({ code: 'invalid_request', message });
      // From JavaScript, which knows no types.
      const asked: { text: string } = { text: 'x', ...more };
      expect(() => session.ask(asked)).toThrow(refused);
      expect(() => session.ask('x', more as object)).toThrow(refused);
      expect(session.pending).toEqual([]);
    },
  );

  test('it ends with the session, and with its signal', async () => {
    const log = turnLog();
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await session.ready();
    const stop = new AbortController();
    const stopped = read(session.turn('t1', { signal: stop.signal }));
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    const left = read(session.turn('t1'));
    session.leave();
    await expect(left).rejects.toMatchObject({ code: 'closed' });
  });

  test('a message that the view has dropped is looked up once: its turn goes on, or is not found', async () => {
    const log = new FakeLog();
    log.message('old', 't1');
    log.start('t1', 't1.1');
    fill(log);
    log.append('message.accepted', { messageId: 'm2', parts: [], queued: true }, { turn: 't2' });
    const gateway = await startGateway(log);
    const looked: unknown[] = [];
    gateway.script = (name, { messageId }) => {
      if (name !== 'receipt') return undefined;
      looked.push(messageId);
      if (messageId === 'gone') return refuse('message_not_found');
      return { ok: true, value: { session: 's1', messageId, status: 'consumed', turn: 't1' } };
    };
    const session = startClient(gateway.url).session('s1');
    await session.ready();
    const pieces = read(session.turn({ messageId: 'old' }));
    await expect(read(session.turn({ messageId: 'gone' }))).rejects.toMatchObject({
      code: 'message_not_found',
    });
    gateway.push(log.append('turn.cancelled', { reason: 'asked' }, { turn: 't1' }));
    expect(await pieces).toEqual(['[cancelled]']);
    expect(looked.sort()).toEqual(['gone', 'old']);
  });

  test('a turn whose words the view has dropped is not told as one that said nothing', async () => {
    const log = turnLog();
    log.complete('t1', 't1.1');
    log.append('turn.completed', {}, { turn: 't1' });
    fill(log);
    const gateway = await startGateway(log);
    const session = startClient(gateway.url).session('s1');
    await expect(read(session.turn('t1'))).rejects.toMatchObject({ code: 'turn_not_found' });
  });
});
