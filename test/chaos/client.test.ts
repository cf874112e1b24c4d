/**
 * The SDK over a network that misbehaves at random, while it sends, asks, cancels and leaves: every event, delta, view and answer that it
 * has is compared with the log. `CHAOS_CLIENT_SECONDS` sets how long: 12 in `npm test`, 120 in `npm run chaos`; `CHAOS_SEED` repeats what is done in which order.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from '../../src/client/index.ts';
import type { Client, TurnPiece } from '../../src/client/index.ts';
import { applyEvent, emptyView, endsTurn, envelope, POLICIES } from '../../src/contracts/index.ts';
import type { AgentSpec } from '../../src/contracts/index.ts';
import { connectRedis, createRedisLog } from '../../src/log/index.ts';
import type { SessionLog } from '../../src/log/index.ts';
import { expectWhole, openSession, speaker, words } from '../e2e/scene.ts';
import { eventually } from '../support/process.ts';
import { startStack } from '../support/stack.ts';
import type { Stack } from '../support/stack.ts';
import { misbehave, Wires } from './network.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { heardIn, saidIn, Told } from './told.ts';
import type { Truth } from './told.ts';

const SECONDS = Number(process.env['CHAOS_CLIENT_SECONDS'] ?? 12);
const SEED = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
/** A session is short enough that its view has all of it. */
const ROUND_MS = 5_000;
const SETTLE_MS = 60_000;
/** What says nothing of the turn, only of the way there. */
const NO_ANSWERS = [
  'offline',
  'timeout',
  'internal',
  'turn_not_found',
  'message_not_found',
  'session_not_found',
];

const ACCEPTED = ['accepted', 'queued', 'consumed'];

const TOKENS: Readonly<Record<string, number>> = { ann: 25, bob: 12, cat: 40 };
const says = (name: string, more: AgentSpec['script'] = {}): AgentSpec =>
  speaker(name, 0, { script: { tokens: TOKENS[name]!, paceMs: 15, ...more } });
const flaky = says('bob', { faults: [{ attempt: 1, afterTokens: 5, kind: 'throw' }] });
const CASTS: readonly (readonly AgentSpec[])[] = [[says('ann')], [flaky, says('ann')], [says('cat'), flaky]];

let stack: Stack;
let log: SessionLog;
const wires = new Wires();
const redis: ReturnType<typeof connectRedis>[] = [];

beforeAll(async () => {
  const wire = async (from: string, to: string, port: number): Promise<number> =>
    from === 'clients' ? wires.lead(from, to, port) : port;
  stack = await startStack({ gateways: 2, workers: 1, wire });
  for (let count = 0; count < 2; count += 1) redis.push(connectRedis(stack.redis.url, () => undefined));
  await Promise.all(redis.map((connection) => connection.connect()));
  log = createRedisLog({ commands: redis[0]!, subscriber: redis[1]! });
}, 90_000);

afterAll(async () => {
  for (const connection of redis) connection.disconnect();
  await wires.stop();
  await stack.stop();
});

function connected(): Client {
  return connect({
    url: stack.urls,
    token: 'dev',
    reconnect: { minMs: 30, maxMs: 300 },
    requestTimeoutMs: 1_500,
  });
}

/** Null while something runs or waits. */
async function truthOf(session: string): Promise<Truth | null> {
  const ref = { tenant: 'dev', session };
  const slice = await log.read(ref, { after: 0, limit: 100_000 });
  if (!slice || slice.open.length > 0) return null;
  const { epoch } = slice.position;
  const events = slice.events.map((event) => envelope(ref, epoch, event));
  const begins = ['message.accepted', 'turn.started'];
  const announced = events.filter(({ type }) => begins.includes(type)).map(({ turn }) => turn);
  const ended = new Set(events.filter(({ type }) => endsTurn(type)).map(({ turn }) => turn));
  if (!announced.every((turn) => ended.has(turn))) return null;
  const empty = emptyView(ref.tenant, session, slice.info, { epoch, seq: 0 });
  const view = events.reduce(applyEvent, empty);
  return { events, view, speech: (agent) => words(TOKENS[agent] ?? 0) };
}

/** The messages that the log tells of. */
function known({ events }: Truth): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'message.accepted' || event.type === 'message.rejected' ? [event.data.messageId] : [],
  );
}

/** One session, by one client that acts in it and another that looks on. */
class Talk {
  readonly #client: Client;
  readonly #random: Random;
  readonly #id: string;
  readonly #told: Told[];
  /** Receipts that were given, and what was thrown instead. */
  readonly #sent = new Map<string, Promise<string>>();
  readonly #asked: Promise<readonly TurnPiece[]>[] = [];

  constructor(id: string, [client, other]: readonly [Client, Client], random: Random) {
    this.#id = id;
    this.#client = client;
    this.#random = random;
    this.#told = [new Told(client.session(id)), new Told(other.session(id))];
  }

  get #session() {
    return this.#client.session(this.#id);
  }

  async run(going: () => boolean): Promise<void> {
    for (let count = 0; going(); count += 1) {
      this.#act(`m${count}`);
      await pause(this.#random.between(50, 800));
    }
  }

  #act(messageId: string): void {
    const choice = this.#random.next();
    if (choice < 0.5) this.#send(messageId);
    else if (choice < 0.8) this.#ask(messageId);
    else if (choice < 0.9) this.#session.cancel().catch(() => undefined);
    else {
      this.#session.leave();
      this.#told.push(new Told(this.#session));
    }
  }

  #send(messageId: string): void {
    const policy = this.#random.pick(POLICIES);
    const receipt = this.#session.send({ messageId, text: 'Go on.' }, { policy });
    this.#sent.set(
      messageId,
      receipt.then(({ status }) => status, codeOf),
    );
  }

  #ask(messageId: string): void {
    const answer = this.#session.ask({ messageId, text: 'And you?' });
    const read = async (): Promise<readonly TurnPiece[]> => {
      const pieces: TurnPiece[] = [];
      try {
        for await (const piece of answer) pieces.push(piece);
      } catch (error) {
        if (NO_ANSWERS.includes(codeOf(error))) throw error;
      }
      return pieces;
    };
    const asked = read();
    asked.catch(() => undefined); // awaited by `check`
    this.#asked.push(asked);
  }

  async check(): Promise<void> {
    const receipts = new Map<string, string>();
    for (const [messageId, sent] of this.#sent) receipts.set(messageId, await sent);
    const answers = await Promise.all(this.#asked);
    const statuses = [...receipts.values()];
    expect(statuses.filter((status) => NO_ANSWERS.includes(status))).toEqual([]);
    const truth = await this.#caughtUp(
      [...receipts.keys()].filter((id) => ACCEPTED.includes(receipts.get(id)!)),
    );
    const { events, view } = truth;
    expectWhole(events);
    // One that was refused may be sent again and be accepted.
    const once = events.flatMap((event) => (event.type === 'message.accepted' ? [event.data.messageId] : []));
    expect(new Set(once).size).toBe(once.length);
    for (const { session } of this.#live) {
      expect(session.view).toEqual(view);
      expect(session.pending).toEqual([]);
    }
    for (const told of this.#told) told.check(truth);
    for (const pieces of answers) {
      const end = pieces.at(-1);
      if (end?.type === 'ended') expect(heardIn(pieces)).toEqual(saidIn(events, end.turn));
    }
  }

  get #live(): readonly Told[] {
    return this.#told.filter(({ session }) => session.status.state !== 'left');
  }

  /** The log, once all that was accepted is over and both clients are as far as it is. */
  async #caughtUp(accepted: readonly string[]): Promise<Truth> {
    expect(this.#live).toHaveLength(2);
    const found: Truth[] = [];
    const look = async (): Promise<boolean> => {
      const truth = await truthOf(this.#id);
      if (!truth || !accepted.every((messageId) => known(truth).includes(messageId))) return false;
      const { epoch, seq } = truth.view.position;
      const at = this.#live.map(({ session }) => session.view?.position);
      if (!at.every((each) => each?.epoch === epoch && each.seq === seq)) return false;
      return found.push(truth) > 0;
    };
    await eventually('the session rests, and clients have what the log has', look, SETTLE_MS);
    return found[0]!;
  }

  get counts(): object {
    const sum = {
      events: 0,
      snapshots: 0,
      attempts: 0,
      answers: this.#asked.length,
      receipts: this.#sent.size,
    };
    for (const { counts } of this.#told) {
      sum.events += counts.events;
      sum.snapshots += counts.snapshots;
      sum.attempts += counts.attempts;
    }
    return sum;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** Sessions of their own on clients of their own; what was done to the network. */
async function round(random: Random): Promise<readonly string[]> {
  const clients = [connected(), connected()] as const;
  try {
    const ids = await Promise.all(CASTS.map((cast) => openSession(stack.gateways[0]!.url, cast)));
    const talks = ids.map((id, at) => new Talk(id, clients, createRandom(random.between(0, 2 ** 32) + at)));
    const until = performance.now() + ROUND_MS;
    const going = (): boolean => performance.now() < until;
    const [faults] = await Promise.all([
      misbehave(wires.all, { random, brokenMs: [50, 700], wholeMs: [20, 300], going }),
      ...talks.map((talk) => talk.run(going)),
    ]);
    console.log(faults.join(', '), talks.map(({ counts }) => JSON.stringify(counts)).join(' '));
    for (const talk of talks) await talk.check();
    return faults;
  } finally {
    for (const client of clients) client.close();
  }
}

test(
  `${SECONDS} s of a network that misbehaves: what clients have is what the log says (seed ${SEED})`,
  async () => {
    const random = createRandom(SEED);
    const faults: string[] = [];
    const until = performance.now() + SECONDS * 1_000;
    do faults.push(...(await round(random)));
    while (performance.now() < until);
    expect(faults.length).toBeGreaterThan(SECONDS / 4);
  },
  SECONDS * 1_000 + 3 * SETTLE_MS,
);
