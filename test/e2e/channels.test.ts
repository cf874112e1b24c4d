/** Channels and direct messages on the whole product: what everybody is told on every way out, and each once whatever gateway is asked. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import type { ChannelEvent } from '../../src/client/index.ts';
import { FRAMES } from '../../src/contracts/index.ts';
import type { ForkReply, Position, Receipt, SessionEvent } from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { allEvents, expectOrdered, expectWhole, openSession, Recorder, rest, speaker } from './scene.ts';
import type { Answer } from './scene.ts';
import { openEventStream } from './sse.ts';
import type { EventStream } from './sse.ts';

let stack: Stack;
let url: string;

beforeAll(async () => {
  const key = `k1=${randomBytes(32).toString('base64url')}`;
  stack = await startStack({ gateways: 2, gatewayEnv: { CONVOKE_TOKEN_KEYS: key } });
  url = stack.urls[0]!;
}, 60_000);

afterAll(async () => {
  await stack.stop();
});

async function tokenOf(subject: string, role = 'participant'): Promise<string> {
  const body = { subject, role, sessions: ['*'] };
  const { body: minted } = await rest<{ token: string }>(url, 'POST', '/v1/tokens', { body });
  return minted.token;
}

/** All that a person is told of a session and its fork, as it comes over the wire. */
class Listening {
  readonly #told = new Map<string, unknown[]>();
  readonly #token: string;
  readonly #session: string;
  readonly #sockets: Socket[] = [];
  readonly #streams = new Map<string, EventStream>();

  constructor(token: string, session: string) {
    this.#token = token;
    this.#session = session;
  }

  /** Way → what came on it. */
  get told(): ReadonlyMap<string, readonly unknown[]> {
    const streamed = [...this.#streams].map(
      ([way, { frames }]) => [way, frames.map(({ data }) => data)] as const,
    );
    return new Map([...this.#told, ...streamed]);
  }

  /** What comes as it happens. */
  async live(): Promise<void> {
    await this.#follow('live');
    await this.#stream('live stream');
  }

  /** What is answered afterwards. */
  async later(fork: string): Promise<void> {
    const view = await this.#get<{ position: Position }>(`/v1/sessions/${this.#session}`);
    const { epoch } = view.position;
    const socket = await this.#follow('resume', { epoch, seq: 0 });
    await this.#stream('resumed stream', `${epoch}:0`);
    for (const name of ['state', 'scheduled', 'approvals'])
      this.#note(name, await socket.emitWithAck(name, { session: this.#session }));
    for (const messageId of ['open-1', 'dm-1', 'dm-2'])
      this.#note('receipt', await socket.emitWithAck('receipt', { session: this.#session, messageId }));
    for (const session of [this.#session, fork]) {
      const base = `/v1/sessions/${session}`;
      for (const way of ['', '/events?limit=500', '/events?after=2&limit=1', '/scheduled', '/approvals'])
        this.#note(`GET ${way}`, await this.#get(`${base}${way}`));
      this.#note('receipt', await this.#get(`${base}/messages/dm-1`));
    }
    this.#note('list', await this.#get('/v1/sessions'));
  }

  /** The events that came on a way. */
  events(way: string): readonly SessionEvent[] {
    const all = (this.told.get(way) ?? []) as readonly SessionEvent[]; // safety: the other frames have no `seq`
    return all.filter((each) => 'seq' in each);
  }

  close(): void {
    for (const each of [...this.#sockets, ...this.#streams.values()]) each.close();
  }

  #note(way: string, value: unknown): void {
    this.#told.set(way, [...(this.#told.get(way) ?? []), value]);
  }

  async #get<T>(path: string): Promise<T> {
    return (await rest<T>(url, 'GET', path, { key: this.#token })).body;
  }

  async #follow(way: string, cursor?: object): Promise<Socket> {
    const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token: this.#token } });
    this.#sockets.push(socket);
    socket.on(FRAMES.event, (event: object) => this.#note(way, event));
    const request = { session: this.#session, ...(cursor ? { cursor } : {}) };
    this.#note(`${way} answer`, await socket.emitWithAck('subscribe', request));
    return socket;
  }

  async #stream(way: string, after?: string): Promise<void> {
    this.#streams.set(way, await openEventStream(url, this.#session, after, this.#token));
  }
}

const LIVE = ['live', 'live stream'];
const WHOLE = [...LIVE, 'resume', 'resumed stream'];
const ANSWERS = ['live answer', 'resume answer', 'state', 'scheduled', 'approvals', 'list', 'receipt'];
const PAGES = ['GET /events?limit=500', 'GET /events?after=2&limit=1'];
const WAYS = [...WHOLE, ...ANSWERS, ...PAGES, 'GET ', 'GET /scheduled', 'GET /approvals'];

/** Whom it is to, what it says, on which channel, and its id. */
const SECRET = /PSST|bob|hints|"direct"|dm-/;

test('a direct message is told to its sender, its recipients, keys and operators; to others, on no way out', async () => {
  const id = await openSession(url, [speaker('a', 3)]);
  const keys = {
    ...{ ada: await tokenOf('ada'), bob: await tokenOf('bob'), op: await tokenOf('op', 'operator') },
    ...{ key: 'dev', eve: await tokenOf('eve'), observer: await tokenOf('obs', 'observer') },
  };
  const all = Object.entries(keys).map(([name, token]) => ({ name, to: new Listening(token, id) }));
  await Promise.all(all.map(({ to }) => to.live()));
  const send = (key: string, body: object): Promise<Answer<Receipt>> =>
    rest(url, 'POST', `/v1/sessions/${id}/messages`, { key, body });
  await send(keys.ada, { messageId: 'open-1', channel: 'orders', text: 'for all' });
  await send(keys.ada, { messageId: 'dm-1', to: ['bob'], text: 'PSST' });
  // A key may say who sends, a token may not.
  await send('dev', { messageId: 'dm-2', channel: 'hints', from: 'bob', to: ['ada'], text: 'PSST' });
  await send(keys.eve, { messageId: 'dm-3', from: 'bob', to: ['eve'], text: 'mine' });
  await send(keys.eve, { messageId: 'm1', text: 'hello' });
  const isOver = ({ type }: SessionEvent): boolean => type === 'turn.completed';
  const heard = (way: string): boolean => all.every(({ to }) => to.events(way).some(isOver));
  await eventually('all have heard the end', () => LIVE.every(heard));
  const { body: fork } = await rest<ForkReply>(url, 'POST', `/v1/sessions/${id}/fork`, { body: {} });
  const count = (await allEvents(url, id)).length;
  await eventually('the fork is there', async () => (await allEvents(url, fork.id)).length > count);
  await Promise.all(all.map(({ to }) => to.later(fork.id)));
  await eventually('all have resumed', () => WHOLE.every(heard));

  for (const { name, to } of all) {
    expect([...to.told.keys()].sort()).toEqual(WAYS.toSorted());
    for (const way of WHOLE) {
      const seqs = to.events(way).map(({ seq }) => seq);
      expect([name, way, seqs]).toEqual([name, way, seqs.map((_, index) => (seqs[0] ?? 0) + index)]);
    }
    const text = (way: string): string => JSON.stringify(to.told.get(way));
    if (name === 'eve' || name === 'observer') {
      const leaks = (way: string): boolean => SECRET.test(hiding(text(way)));
      expect([name, WAYS.filter(leaks)]).toEqual([name, []]);
      const codes = (to.told.get('receipt') ?? []).map(
        (reply) => /"code":"(\w+)"/.exec(JSON.stringify(reply))?.[1],
      );
      const unknown = 'message_not_found';
      expect(codes).toEqual([undefined, unknown, unknown, unknown, unknown]);
    } else for (const way of [...WHOLE, ...PAGES.slice(0, 1)]) expect(text(way)).toMatch(/PSST.*PSST/);
    for (const way of WHOLE) expect(text(way)).toContain('for all');
    to.close();
  }
  const observer = all.find(({ name }) => name === 'observer')!.to.events('live');
  const withheld = observer.filter(({ data }) => 'withheld' in data);
  const place = { v: 1, tenant: 'dev', session: id, epoch: withheld[0]!.epoch, at: expect.any(Number) };
  expect(withheld).toEqual(
    withheld.map(({ seq }) => ({
      ...{ ...place, seq, id: `withheld:${seq}`, type: 'channel.published', data: { withheld: true } },
    })),
  );
  expect(withheld).toHaveLength(3);
});

/** Without what Eve has sent to herself. */
const hiding = (text: string): string =>
  text.replaceAll(
    /"message:dm-3"|"cause":"dm-3"|"messageId":"dm-3"|"direct","parts":\[\{"type":"text","text":"mine"/g,
    '',
  );

test('each arrives once and in order, in whatever order gateways are asked, beside a turn that runs', async () => {
  const id = await openSession(url, [speaker('a', 40)]);
  const seen = new Recorder(stack.urls, id);
  const orders: ChannelEvent[] = [];
  const receipts = new Map<string, string>();
  seen.session.on('channel:orders', (event) => orders.push(event));
  seen.session.on('receipt', ({ messageId, status }) => receipts.set(messageId, status));
  await seen.session.ready();
  await seen.session.send({ messageId: 'm1', text: 'hello' });
  await seen.streaming();
  const ids = Array.from({ length: 30 }, (_, n) => `e${n}`);
  const sent = ids.map((messageId) => seen.session.send({ messageId, channel: 'orders', text: messageId }));
  sent.push(seen.session.send({ messageId: 'other', channel: 'rest', text: 'x' }));
  sent.push(seen.session.send({ messageId: 'm2', text: 'next', policy: 'latest' }));
  await sent[9];
  await stack.gateways[0]!.end('SIGKILL');
  await Promise.all(sent);
  // Sent again by another way.
  for (const messageId of ids)
    await rest(stack.urls[1]!, 'POST', `/v1/sessions/${id}/messages`, {
      body: { messageId, channel: 'orders', text: messageId },
    });
  await seen.turnsEnded(2);
  expect(orders.map(({ messageId }) => messageId)).toEqual(ids);
  expect(orders[0]).toMatchObject({ channel: 'orders', parts: [{ type: 'text', text: 'e0' }] });
  expect([...ids, 'other'].filter((each) => receipts.get(each) !== 'published')).toEqual([]);
  expectOrdered(seen);
  const events = await allEvents(stack.urls[1]!, id);
  expectWhole(events);
  const causes = events.flatMap(({ id: fact, cause = '' }) => (fact === `message:${cause}` ? [cause] : []));
  expect(causes).toEqual(['m1', ...ids, 'other', 'm2']);
  expect(seen.view.entries.filter(({ kind }) => kind === 'message')).toHaveLength(2);
  seen.close();
});
