/** What the end-to-end tests share: agents, plain REST calls, a client that records, and what must hold of what it recorded. */
import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { connect } from '../../src/client/index.ts';
import type { Client, Session } from '../../src/client/index.ts';
import { endsStep, endsTurn, LIMITS } from '../../src/contracts/index.ts';
import type {
  AgentSpec,
  EventPage,
  Position,
  Problem,
  SessionEvent,
  SessionView,
  StepEntry,
} from '../../src/contracts/index.ts';
import { eventually } from '../support/process.ts';

/** Says `w1 w2 … wN`, a token every 50 ms. */
export function speaker(name: string, tokens: number, more: Partial<AgentSpec> = {}): AgentSpec {
  return { name, runner: 'scripted', script: { tokens, paceMs: 50 }, ...more };
}

/** What a `speaker` says. */
export function words(tokens: number): string {
  return Array.from({ length: tokens }, (_, index) => `w${index + 1}`).join(' ');
}

export function freshId(): string {
  return `s_${randomUUID()}`;
}

/** `body`: what a test expects to be there; `T` only says what it is going to look at. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Call {
  readonly body?: unknown;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `rest(url, 'POST', '/v1/sessions', { body })` */
export async function rest<T = Problem>(
  url: string,
  method: string,
  path: string,
  call: Call = {},
): Promise<Answer<T>> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${call.key ?? 'dev'}`,
      ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...call.headers,
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const text = await response.text();
  const body = (text === '' ? null : JSON.parse(text)) as T;
  return { status: response.status, headers: response.headers, body };
}

export async function openSession(
  url: string,
  agents: readonly AgentSpec[],
  id = freshId(),
  team = 'sequence',
): Promise<string> {
  const { status } = await rest(url, 'POST', '/v1/sessions', { body: { id, agents, team } });
  expect(status).toBe(201);
  return id;
}

/** A client that follows one session and remembers everything that it was told. */
export class Recorder {
  readonly client: Client;
  readonly session: Session;
  readonly events: SessionEvent[] = [];
  /** Epochs of views that replaced what was there. */
  readonly resets: number[] = [];
  /** Where these views were. */
  readonly snapshots: Position[] = [];
  /** When deltas arrived, ms of `performance.now()`. */
  readonly deltas: {
    readonly at: number;
    readonly step: string;
    readonly attempt: number;
    readonly text: string;
  }[] = [];
  /** How it became live, each time. */
  readonly modes: string[] = [];

  constructor(urls: string | readonly string[], id: string, key = 'dev') {
    this.client = connect({ url: urls, token: key, reconnect: { minMs: 50, maxMs: 500 } });
    this.session = this.client.session(id);
    this.session.on('event', (event) => this.events.push(event));
    this.session.on('reset', ({ position }) => {
      this.resets.push(position.epoch);
      this.snapshots.push(position);
    });
    this.session.on('delta', ({ step, attempt, text }) =>
      this.deltas.push({ at: performance.now(), step, attempt, text }),
    );
    this.session.on('status', ({ mode }) => {
      if (mode) this.modes.push(mode);
    });
  }

  get view(): SessionView {
    const { view } = this.session;
    if (!view) throw new Error('there is no view yet');
    return view;
  }

  get steps(): readonly StepEntry[] {
    return this.view.entries.filter((entry) => entry.kind === 'step');
  }

  /** Resolves once the view passes. */
  async until(what: string, test: (view: SessionView) => boolean, ms?: number): Promise<void> {
    await eventually(what, () => this.session.view !== null && test(this.session.view), ms);
  }

  /** Resolves once `count` turns have ended. */
  async turnsEnded(count: number, ms?: number): Promise<void> {
    const ended = ({ turns }: SessionView): boolean =>
      turns.filter((turn) => turn.status !== 'running').length >= count;
    await this.until(`${count} turns have ended`, ended, ms);
  }

  /** Resolves once a running step has said that many characters. */
  async streaming(chars = 10): Promise<void> {
    await this.until('a step streams', ({ entries }) =>
      entries.some(
        (entry) => entry.kind === 'step' && entry.status === 'running' && entry.text.length >= chars,
      ),
    );
  }

  close(): void {
    this.client.close();
  }
}

/** Every event of a session, by REST. */
export async function allEvents(url: string, id: string, key = 'dev'): Promise<readonly SessionEvent[]> {
  const events: SessionEvent[] = [];
  let after: string | null = '0';
  while (after !== null) {
    const page: Answer<EventPage> = await rest(
      url,
      'GET',
      `/v1/sessions/${id}/events?after=${after}&limit=100`,
      { key },
    );
    expect(page.status).toBe(200);
    events.push(...page.body.data);
    after = page.body.next;
  }
  return events;
}

/** Promises 2 and 3 of a whole log: positions without a gap, every fact once, one end for each step and turn. */
export function expectWhole(events: readonly SessionEvent[]): void {
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
  const ends = (is: (type: string) => boolean, key: 'step' | 'turn'): string[] =>
    events.filter((event) => is(event.type)).map((event) => event[key] ?? '');
  const started = (type: string, key: 'step' | 'turn'): string[] =>
    events.filter((event) => event.type === type).map((event) => event[key] ?? '');
  // That a step had begun the lost log alone may have known.
  const untold = events.filter(({ type }) => type === 'session.recovered').length;
  const [begun, ended] = [started('step.started', 'step').sort(), ends(endsStep, 'step').sort()];
  if (untold === 0) expect(ended).toEqual(begun);
  expect(ended).toEqual(expect.arrayContaining(begun));
  expect(ended.length - begun.length).toBeLessThanOrEqual(untold);
  expect(new Set(ended).size).toBe(ended.length);
  const turnEnds = ends(endsTurn, 'turn');
  expect(new Set(turnEnds).size).toBe(turnEnds.length);
  expect(turnEnds).toEqual(expect.arrayContaining(started('turn.started', 'turn')));
}

/** What was told live: every event once and in order, epoch by epoch; a snapshot may stand for what came before it. */
export function expectOrdered({ events, snapshots }: Pick<Recorder, 'events' | 'snapshots'>): void {
  for (const [index, { epoch, seq }] of events.entries()) {
    const before = events[index - 1];
    if (before?.epoch !== epoch) continue;
    const skipped = snapshots.some((at) => at.epoch === epoch && at.seq === seq - 1 && at.seq > before.seq);
    if (!skipped) expect(seq).toBe(before.seq + 1);
  }
}

/** Agent → text of its steps in a session, by REST. */
export async function transcript(url: string, id: string): Promise<readonly string[]> {
  const events = await allEvents(url, id);
  return events.flatMap((event) =>
    event.type === 'step.completed' ? [`${event.agent ?? ''}: ${event.data.text}`] : [],
  );
}

/** At no time are there more turns beside the main lane than there are places, nor two in it. */
export function expectLanes(events: readonly SessionEvent[]): void {
  const open = new Map<string, boolean>();
  for (const event of events) {
    if (endsTurn(event.type)) open.delete(event.turn ?? '');
    if (event.type === 'turn.started') open.set(event.turn ?? '', event.data.beside === true);
    const aside = [...open.values()].filter(Boolean).length;
    expect(aside).toBeLessThanOrEqual(LIMITS.turnsBeside);
    expect(open.size - aside).toBeLessThanOrEqual(1);
  }
}
