/** The session log on Redis: every call is one Lua script, so that it is atomic and may be sent twice. */
import { Redis } from 'ioredis';
import {
  leaveClosed,
  eventId,
  LIMITS,
  type Delta,
  type EventDraft,
  type LoggedEvent,
  type Position,
  type Seal,
  type SessionNote,
  type SessionRef,
} from '../contracts/index.ts';
import type {
  Admission,
  AdmitInput,
  AppendInput,
  Appended,
  BeginInput,
  Begun,
  CommitInput,
  DeltaReply,
  Ended,
  Fenced,
  Incomplete,
  LogListener,
  LogQuery,
  LogSlice,
  RebuildInput,
  SessionLog,
} from './log.ts';
import { channelsOn, type Channels } from './channels.ts';
import type { Commands } from './connect.ts';
import { isFull, logUnavailable } from './failure.ts';
import { headsOf } from './heads.ts';
import {
  closingArg,
  createdInfo,
  creationArgs,
  deltaArgs,
  draftArgs,
  releaseArgs,
  startArg,
  storedJson,
} from './arguments.ts';
import { Cover } from './cover.ts';
import { logKeys } from './keys.ts';
import { firstOf } from './memory/fitting.ts';
import { events, list, membersEvent, openSteps, placements, position, text } from './replies.ts';
import { loadScripts, type LogScripts, type LuaReply } from './scripts.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions.ts';

export interface RedisLogOptions {
  /** For commands. No offline queue, a command time-out. */
  readonly commands: Commands;
  /** For subscriptions only. */
  readonly subscriber: Redis | Channels;
  /** Bytes kept for each session; default `LIMITS.logBytes`. */
  readonly maxBytes?: number;
  /** ms; default `LIMITS.logTtlMs`; of a closed session at most `LIMITS.closedLogTtlMs`. */
  readonly ttlMs?: number;
  /** What seals what sessions say; default: nothing does. */
  readonly seal?: Seal | null;
  /** Told of every write that Redis refuses because it is full. */
  readonly onFull?: () => void;
}

export function createRedisLog(options: RedisLogOptions): SessionLog {
  return new RedisLog(options);
}

class RedisLog implements SessionLog {
  readonly #redis: Commands;
  readonly #scripts: LogScripts;
  readonly #subscriptions: Subscriptions;
  readonly #cover: Cover;
  readonly #ttl: number;
  readonly #cap: number;
  readonly #onFull: () => void;

  constructor(options: RedisLogOptions) {
    this.#redis = options.commands;
    this.#scripts = loadScripts(options.commands);
    const { subscriber, seal = null } = options;
    this.#cover = new Cover(seal);
    const heard = subscriber instanceof Redis ? channelsOn(subscriber) : subscriber;
    this.#subscriptions = createSubscriptions(heard, this.#cover);
    this.#ttl = options.ttlMs ?? LIMITS.logTtlMs;
    this.#cap = options.maxBytes ?? LIMITS.logBytes;
    this.#onFull = options.onFull ?? (() => undefined);
  }

  async begin(ref: SessionRef, input: BeginInput): Promise<Begun | Ended | Fenced | Incomplete> {
    const { at, turn, step, agent, trace, by, waits, reason, usage } = input;
    const data = { reason, ...(usage ? { usage } : {}) };
    const more = { ...(trace && { trace }), ...(by !== undefined && { by }), ...(waits && { waits }) };
    // The script adds the id and the attempt, whose number it gives.
    const restarted = { type: 'step.restarted', at, turn, step, agent, ...more, data } as const;
    const info = createdInfo(input.known, input.lead);
    const tokens = await this.#cover.tokens(ref, { drafts: [...input.lead, restarted], info });
    const reply = await this.#write('beginStep', ref, input, [
      ...creationArgs(info, tokens.info),
      startArg(step, turn, agent),
      eventId.turnEnded(turn),
      input.owner,
      input.order,
      input.atLeast,
      eventId.stepRestarted(step, 0).slice(0, -1),
      storedJson(restarted, tokens.drafts.at(-1)),
      input.since.epoch,
      input.since.seq,
      ...draftArgs(input.lead, tokens.drafts),
      ...releaseArgs(input.release),
    ]);
    if (reply[0] !== 'begun') return this.#stepReply(ref, reply);
    const told = text(reply[5]);
    const restart = await this.#events(ref, reply[4]);
    return {
      status: 'begun',
      position: position(reply[1]),
      attempt: Number(reply[2]),
      placed: placements(reply[3]),
      restarted: restart[0] ?? null,
      info: told === '' ? null : await this.#cover.openInfo(ref, told, null),
      fresh: await this.#events(ref, reply[6]),
    };
  }

  async delta(ref: SessionRef, delta: Omit<Delta, 'session'>): Promise<DeltaReply> {
    const row = this.#cover.isOn ? await this.#cover.text(ref, delta) : null;
    const reply = await this.#call(() => this.#scripts.appendDelta(...deltaArgs(ref, delta, this.#ttl, row)));
    if (reply[0] === 'ok') return { status: 'ok' };
    if (reply[0] === 'offset') return { status: 'offset', offset: Number(reply[1]) };
    if (reply[0] === 'closed') return { status: 'closed' };
    if (reply[0] === 'fenced') return { status: 'fenced', attempt: Number(reply[1]) };
    return { status: 'lost' };
  }

  async commit(ref: SessionRef, input: CommitInput): ReturnType<SessionLog['commit']> {
    const { step, attempt, ends, closes } = input;
    const turn = ends[0]?.turn ?? '';
    const tokens = await this.#cover.tokens(ref, { drafts: ends, closes });
    const reply = await this.#write('commitStep', ref, input, [
      ...['', '', ''],
      ...[step, attempt, eventId.stepEnded(step), eventId.turnEnded(turn)],
      closingArg(closes, tokens.closing),
      ...draftArgs(ends, tokens.drafts),
    ]);
    return reply[0] === 'closed' ? { status: 'closed' } : this.#stepReply(ref, reply);
  }

  async append(ref: SessionRef, input: AppendInput): Promise<Appended | Incomplete> {
    const { drafts, closes } = input;
    const ttl = this.#ttlAfter(drafts);
    const info = createdInfo(input.known, drafts);
    const tokens = await this.#cover.tokens(ref, { drafts, closes, info });
    const reply = await this.#write('appendEvents', ref, { ...input, ttl }, [
      ...creationArgs(info, tokens.info),
      closingArg(closes, tokens.closing),
      ...draftArgs(drafts, tokens.drafts),
      ...releaseArgs(input.release),
    ]);
    if (reply[0] === 'lost' || reply[0] === 'behind') return { status: reply[0] };
    return {
      status: 'ok',
      position: position(reply[1]),
      placed: placements(reply[2]),
      events: await this.#events(ref, reply[3]),
    };
  }

  async read(ref: SessionRef, query: LogQuery): Promise<LogSlice | null> {
    const { after, limit, bytes = 0 } = query;
    // Sealed, they are about twice as long at most.
    const most = this.#cover.isOn ? 2 * bytes : bytes;
    const reply = await this.#call(() => this.#scripts.readLog(...head(ref), after ?? '', limit, most));
    if (reply.length === 0) return null;
    const found = await this.#events(ref, reply[4]);
    return {
      position: position(reply[0]),
      first: Number(reply[1]),
      info: await this.#cover.openInfo(ref, text(reply[2]), membersEvent(reply[3])),
      events: after !== undefined && most > bytes ? firstOf(found, bytes) : found,
      open: await this.#cover.openSteps(ref, openSteps(reply[5])),
    };
  }

  async rebuild(ref: SessionRef, input: RebuildInput): Promise<Position> {
    const { expected, epoch, started = [], waiting = [] } = input;
    const info = JSON.stringify(input.info);
    const tokens = await this.#cover.tokens(ref, { drafts: input.events, info });
    const flat = input.events.flatMap(({ seq, ...draft }, index) => [
      ...[String(seq), draft.id, storedJson(draft, tokens.drafts[index])],
    ]);
    const open = started.map(({ step = '', turn, agent }) => startArg(step, turn, agent));
    const ttl = this.#ttlAfter(input.events);
    const reply = await this.#call(() =>
      this.#scripts.rebuildLog(
        ...head(ref),
        ...[expected?.epoch ?? 0, expected?.seq ?? 0, ttl, this.#cap, epoch, tokens.info ?? info],
        ...[input.events.length, ...flat, open.length, ...open],
        ...[
          LIMITS.inboxTtlMs,
          waiting.length,
          ...waiting.flatMap(({ messageId, bytes }) => [messageId, bytes]),
        ],
      ),
    );
    return position(reply);
  }

  async heads(refs: readonly SessionRef[]): Promise<readonly (Position | null)[]> {
    return this.#ask(() => headsOf(this.#redis, refs));
  }

  async tell(ref: SessionRef, note: SessionNote): Promise<void> {
    const json = JSON.stringify(note);
    const told = this.#cover.isOn ? `n ${await this.#cover.note(ref, json)}` : `N ${json}`;
    await this.#ask(() => this.#redis.spublish(logKeys(ref).channel, told));
  }

  async subscribe(ref: SessionRef, listener: LogListener): Promise<() => Promise<void>> {
    return this.#ask(() => this.#subscriptions.add(ref, listener));
  }

  async admit(
    ref: SessionRef,
    { messageId, bytes, digest = '', most = LIMITS.inboxMessages, share = 1 }: AdmitInput,
  ): Promise<Admission> {
    const { inbox, ids } = logKeys(ref);
    const { inboxBytes, inboxTtlMs: ttl, messageSends, signalsWaiting } = LIMITS;
    const of = (all: number): number => Math.ceil(all * share);
    const counts = [bytes, of(most), of(inboxBytes), ttl, messageSends, of(signalsWaiting), digest];
    const told = [messageId, eventId.message(messageId), eventId.messageScheduled(messageId), ...counts];
    const [status, ...sums] = await this.#call(() => this.#scripts.admitMessage(inbox, ids, ...told));
    if (status !== 'full') return { status: status as Exclude<Admission['status'], 'full'> }; // safety: see the script
    return { status, messages: Number(sums[0]), bytes: Number(sums[1]) };
  }

  async placeOf(ref: SessionRef, id: string): Promise<number | null> {
    return Number(await this.#ask(() => this.#redis.hget(logKeys(ref).ids, id))) || null;
  }

  async release(ref: SessionRef, messageIds: readonly string[]): Promise<void> {
    if (messageIds.length > 0) await this.#ask(() => this.#redis.hdel(logKeys(ref).inbox, ...messageIds));
  }

  async #events(ref: SessionRef, reply: LuaReply | undefined): Promise<readonly LoggedEvent[]> {
    return this.#cover.openEvents(ref, events(reply));
  }

  async #stepReply(ref: SessionRef, reply: LuaReply[]): Promise<Ended | Fenced | Incomplete> {
    if (reply[0] === 'fenced') return { status: 'fenced', attempt: Number(reply[1]) };
    if (reply[0] === 'lost' || reply[0] === 'behind') return { status: reply[0] };
    return {
      status: 'ended',
      position: position(reply[1]),
      placed: placements(reply[2]),
      events: await this.#events(ref, reply[3]),
    };
  }

  #ttlAfter(events: readonly EventDraft[]): number {
    return leaveClosed(events) ? Math.min(this.#ttl, LIMITS.closedLogTtlMs) : this.#ttl;
  }

  /** Calls a script that states its writer's position: keys, limits, position, then its own arguments. */
  #write(
    script: 'beginStep' | 'commitStep' | 'appendEvents',
    ref: SessionRef,
    { known, ttl = this.#ttl }: { readonly known: Position; readonly ttl?: number },
    args: readonly (string | number)[],
  ): Promise<LuaReply[]> {
    return this.#call(() =>
      this.#scripts[script](...head(ref), ttl, this.#cap, known.epoch, known.seq, ...args),
    );
  }

  async #call(script: () => Promise<LuaReply>): Promise<LuaReply[]> {
    return list(await this.#ask(script));
  }

  /** Whatever Redis fails with becomes `log_unavailable`. */
  async #ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const failure = logUnavailable(error);
      if (isFull(failure)) this.#onFull();
      throw failure;
    }
  }
}

/** Keys of a session, and what the keys of its open steps begin with. */
function head(ref: SessionRef): string[] {
  const { meta, log, ids, channel, inbox, texts, reasonings } = logKeys(ref);
  return [meta, log, ids, channel, inbox, texts, reasonings];
}
