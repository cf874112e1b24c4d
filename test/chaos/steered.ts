/** Sessions that wait for people and for times, are steered, interrupted, forked, fed by a schedule, and go to rest, while things break. */
import { expect } from '@jest/globals';
import type { OutgoingMessage } from '../../src/client/index.ts';
import type { OpenApproval, SessionEvent } from '../../src/contracts/index.ts';
import { allEvents, freshId, rest } from '../e2e/scene.ts';
import { eventually } from '../support/process.ts';
import { causes, SETTLE_MS, Talk } from './talks.ts';
import { callsOf } from './work.ts';

const YEARLY = '0 0 1 1 *';
/** How far ahead a message for later is sent, ms. */
const LATER_MS = 700;
/** A run of the workflow with fewer has had no turn. */
const FRESH_EVENTS = 12;

type Of<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>;

const only = <T extends SessionEvent['type']>(events: readonly SessionEvent[], type: T): readonly Of<T>[] =>
  events.filter((event): event is Of<T> => event.type === type);

/** Acts on what the view shows: whatever sleeps is steered or interrupted, who is asked answers, people vote. */
export class SteeredTalk extends Talk {
  /** Where the tools count. */
  readonly #file: string;
  #rounds = 0;
  #interrupts = 0;
  /** Firings that were asked for, and those of them that were confirmed. */
  #triggers = 0;
  #fired = 0;
  /** Turns, approvals and questions that have been seen to. */
  readonly #done = new Set<string>();

  private constructor(urls: readonly string[], id: string, file: string) {
    super(urls, id);
    this.#file = file;
  }

  static async open(urls: readonly string[], file: string): Promise<Talk> {
    const id = freshId();
    const body = { id, agents: ['clerk', 'judge'], team: 'desk', policy: 'merge' };
    expect((await rest(urls[0]!, 'POST', '/v1/sessions', { body })).status).toBe(201);
    const talk = new SteeredTalk(urls, id, file);
    await talk.seen.session.members({ join: { kind: 'person', name: 'ana' } });
    const schedule = { id, cron: YEARLY, session: id, message: { text: 'now and then' } };
    await talk.seen.client.schedules.create(schedule);
    return talk;
  }

  async run(going: () => boolean): Promise<void> {
    for (;;) {
      if (await this.#isIdle()) {
        if (!going()) return;
        await this.#begin();
      }
      await this.#goesOn();
    }
  }

  async #goesOn(): Promise<void> {
    try {
      await eventually('something goes on', () => this.#next(), SETTLE_MS);
    } catch (cause) {
      const state = await this.seen.session.state().catch(String);
      const { turns, approvals, asked, position } = this.seen.view;
      const last = { turns: turns.slice(-2), approvals, asked, position, steps: this.seen.steps.slice(-2) };
      throw new Error(`${this.id}: ${JSON.stringify({ state, ...last })}`, { cause });
    }
  }

  async #begin(): Promise<void> {
    this.#rounds += 1;
    if (this.#rounds % 3 === 0) {
      const asleep = async (): Promise<boolean> => {
        const { status, historyEvents } = await this.seen.session.state();
        // One that has continued as new stays open until its next turn.
        return status === 'hibernated' || historyEvents < FRESH_EVENTS;
      };
      await eventually('it hibernates', asleep, SETTLE_MS);
    }
    if (this.#rounds % 4 === 0) {
      await patiently('the schedule fires', async () => {
        this.#triggers += 1;
        await this.seen.client.schedules.trigger(this.id);
        this.#fired += 1;
      });
    }
    const later = this.#rounds % 2 === 0 ? { deliverAt: Date.now() + LATER_MS } : {};
    await this.#send({ messageId: `m${this.#rounds}`, text: 'go on', ...later });
  }

  /** True if there was something to do, or nothing is left. */
  async #next(): Promise<boolean> {
    const { approvals, asked } = this.seen.view;
    const approval = approvals.find((each) => this.#isNew(each.approval));
    const question = asked.find((each) => this.#isNew(each.question));
    const turn = this.#sleeping();
    if (approval) await this.#vote(approval);
    else if (question) {
      const answers = question.question;
      await this.#send({ messageId: answers.replaceAll('.', '_'), text: 'yes', from: 'ana', answers });
    } else if (turn !== undefined) await this.#wake(turn);
    else return this.#isIdle();
    return true;
  }

  async #wake(turn: string): Promise<void> {
    if (this.#done.size % 5 === 0) {
      this.#interrupts += 1;
      await this.#send({ messageId: `x-${turn}`, text: 'stop', policy: 'interrupt' });
    } else await this.#send({ messageId: `s-${turn}`, text: 'wake up', policy: 'steer' });
  }

  /** Two of three, each twice, and one more that comes too late. */
  async #vote(approval: OpenApproval): Promise<void> {
    for (const by of ['ana', 'ana', 'bo', 'bo', 'cy'])
      await patiently(`${by} votes`, async () => {
        const { status, approvedBy } = await this.seen.session.approve(approval, { by });
        const [is, count] = by === 'ana' ? ['open', 1] : ['decided', 2];
        expect([by, status, approvedBy.length]).toEqual([by, is, count]);
      });
  }

  async #send(message: OutgoingMessage & { readonly messageId: string }): Promise<void> {
    await this.seen.session.send(message);
    this.accepted.push(message.messageId);
  }

  #isNew(what: string): boolean {
    if (this.#done.has(what)) return false;
    this.#done.add(what);
    return true;
  }

  /** The turn that has said that it sleeps, if nobody has woken it. */
  #sleeping(): string | undefined {
    const { turns } = this.seen.view;
    const turn = turns.find(({ status }) => status === 'running')?.turn;
    const [first, ...more] = this.seen.steps.filter((step) => step.turn === turn);
    const sleeps = first?.status === 'completed' && more.length === 0;
    return turn !== undefined && sleeps && this.#isNew(turn) ? turn : undefined;
  }

  async #isIdle(): Promise<boolean> {
    const { running, queued, scheduled = [] } = await this.seen.session.state().catch(() => NOT_KNOWN);
    const isRunning =
      running !== undefined || this.seen.view.turns.some(({ status }) => status === 'running');
    return !isRunning && queued + scheduled.length === 0;
  }

  protected override expectAnswered(events: readonly SessionEvent[]): void {
    const fired = causes(events).filter((messageId) => messageId.startsWith('f_'));
    expect(fired.length).toBeGreaterThanOrEqual(this.#fired);
    expect(fired.length).toBeLessThanOrEqual(this.#triggers);
    expect(causes(events).sort()).toEqual([...this.accepted, ...fired].sort());
  }

  protected async checkAnswers(events: readonly SessionEvent[]): Promise<void> {
    const completed = only(events, 'turn.completed').map(({ turn }) => turn);
    expect(only(events, 'turn.cancelled')).toHaveLength(this.#interrupts);
    expect(only(events, 'turn.failed')).toEqual([]);
    const said = only(events, 'step.completed').map(({ turn, data }) => `${turn} ${data.text}`);
    for (const text of ['Slept: woken.', 'It is approved by 2.', 'Ana says: yes', 'So be it.'])
      expect(said.filter((each) => each.endsWith(text))).toEqual(completed.map((turn) => `${turn} ${text}`));
    const asked = only(events, 'approval.requested').map(({ data: { approval, hash } }) => [approval, hash]);
    const decided = only(events, 'approval.decided');
    expect(decided.map(({ data: { approval, hash } }) => [approval, hash])).toEqual(asked);
    for (const { turn, seq, data } of decided) {
      expect([data.status, [...data.by].sort()]).toEqual(['approved', ['ana', 'bo']]);
      // Nothing that had to be approved was begun before.
      const before = events.filter(
        (event) => event.turn === turn && event.agent === 'clerk' && event.seq < seq,
      );
      expect(before).toEqual([]);
    }
    const once = await callsOf(this.#file, this.id, 'once');
    expect([...once.values()].filter((times) => times > 1)).toEqual([]);
    await this.#checkFork(events);
  }

  /** A fork of all that was said has all that was said. */
  async #checkFork(events: readonly SessionEvent[]): Promise<void> {
    const id = `${this.id}-fork`;
    await this.seen.session.fork({ id, at: events.at(-1)!.seq });
    let all: readonly SessionEvent[] = [];
    // The faults may have been over a moment ago.
    await patiently('the fork is read', async () => {
      all = await allEvents(this.urls[0]!, id);
    });
    const copied = all.slice(0, events.length);
    expect(copied.map(({ seq, type, turn, step }) => [seq, type, turn, step])).toEqual(
      events.map(({ seq, type, turn, step }) => [seq, type, turn, step]),
    );
  }
}

const NOT_KNOWN = { running: { turn: 'unknown' }, queued: 0, scheduled: [] };

function patiently(what: string, act: () => Promise<unknown>): Promise<void> {
  return eventually(what, () => act().then(() => true), SETTLE_MS);
}
