/** The session log on Redis: every call is one Lua script, so that it is atomic and may be sent twice. */
import { Redis } from 'ioredis';
import {
  leaveClosed,
  eventId,
  LIMITS,
  type Delta,
  type EventDraft,
  type Position,
  type SessionInfo,
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
import { closingArg, creationArgs, draftArgs, releaseArgs, startArg } from './arguments.ts';
import { logKeys } from './keys.ts';
import { events, list, openSteps, placements, position, sessionInfo, text } from './replies.ts';
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
  readonly #ttl: number;
  readonly #cap: number;
  readonly #onFull: () => void;

  constructor(options: RedisLogOptions) {
    this.#redis = options.commands;
    this.#scripts = loadScripts(options.commands);
    const { subscriber } = options;
    this.#subscriptions = createSubscriptions(
      subscriber instanceof Redis ? channelsOn(subscriber) : subscriber,
    );
    this.#ttl = options.ttlMs ?? LIMITS.logTtlMs;
    this.#cap = options.maxBytes ?? LIMITS.logBytes;
    this.#onFull = options.onFull ?? (() => undefined);
  }

  async begin(ref: SessionRef, input: BeginInput): Promise<Begun | Ended | Fenced | Incomplete> {
    const { at, turn, step, agent, reason, usage } = input;
    // The script adds the id and the attempt, whose number it gives.
    const restarted = {
      type: 'step.restarted',
      at,
      turn,
      step,
      agent,
      data: { reason, ...(usage ? { usage } : {}) },
    };
    const reply = await this.#write('beginStep', ref, input, [
      ...creationArgs(input.known, input.lead),
      startArg(step, turn, agent),
      eventId.turnEnded(turn),
      input.owner,
      input.order,
      input.atLeast,
      eventId.stepRestarted(step, 0).slice(0, -1),
      JSON.stringify(restarted),
      input.since.epoch,
      input.since.seq,
      ...draftArgs(input.lead),
      ...releaseArgs(input.release),
    ]);
    if (reply[0] !== 'begun') return stepReply(reply);
    const told = text(reply[5]);
    return {
      status: 'begun',
      position: position(reply[1]),
      attempt: Number(reply[2]),
      placed: placements(reply[3]),
      restarted: events(reply[4])[0] ?? null,
      info: told === '' ? null : (JSON.parse(told) as SessionInfo), // safety: written by `create` only
      fresh: events(reply[6]),
    };
  }

  async delta(ref: SessionRef, delta: Omit<Delta, 'session'>): Promise<DeltaReply> {
    const { meta, channel, texts, reasonings } = logKeys(ref);
    const { step, attempt, offset, text: piece } = delta;
    const [prefix, field, notice] = delta.part ? [reasonings, 'm', 'T'] : [texts, 'n', 'D'];
    const reply = await this.#call(() =>
      this.#scripts.appendDelta(
        ...[meta, `${prefix}${step}`, channel],
        ...[step, attempt, offset, piece.length, this.#ttl, field, notice, piece],
      ),
    );
    if (reply[0] === 'ok') return { status: 'ok' };
    if (reply[0] === 'offset') return { status: 'offset', offset: Number(reply[1]) };
    if (reply[0] === 'closed') return { status: 'closed' };
    if (reply[0] === 'fenced') return { status: 'fenced', attempt: Number(reply[1]) };
    return { status: 'lost' };
  }

  async commit(ref: SessionRef, input: CommitInput): ReturnType<SessionLog['commit']> {
    const { step, attempt, ends, closes } = input;
    const turn = ends[0]?.turn ?? '';
    const reply = await this.#write('commitStep', ref, input, [
      ...['', '', ''],
      ...[step, attempt, eventId.stepEnded(step), eventId.turnEnded(turn)],
      closingArg(closes),
      ...draftArgs(ends),
    ]);
    return reply[0] === 'closed' ? { status: 'closed' } : stepReply(reply);
  }

  async append(ref: SessionRef, input: AppendInput): Promise<Appended | Incomplete> {
    const ttl = this.#ttlAfter(input.drafts);
    const reply = await this.#write('appendEvents', ref, { ...input, ttl }, [
      ...creationArgs(input.known, input.drafts),
      closingArg(input.closes),
      ...draftArgs(input.drafts),
      ...releaseArgs(input.release),
    ]);
    if (reply[0] === 'lost' || reply[0] === 'behind') return { status: reply[0] };
    return {
      status: 'ok',
      position: position(reply[1]),
      placed: placements(reply[2]),
      events: events(reply[3]),
    };
  }

  async read(ref: SessionRef, query: LogQuery): Promise<LogSlice | null> {
    const { after = '', limit, bytes = 0 } = query;
    const reply = await this.#call(() => this.#scripts.readLog(...head(ref), after, limit, bytes));
    if (reply.length === 0) return null;
    return {
      position: position(reply[0]),
      first: Number(reply[1]),
      info: sessionInfo(reply[2], reply[3]),
      events: events(reply[4]),
      open: openSteps(reply[5]),
    };
  }

  async rebuild(ref: SessionRef, input: RebuildInput): Promise<Position> {
    const { expected, epoch, info, started = [], waiting = [] } = input;
    const flat = input.events.flatMap(({ seq, ...draft }) => [String(seq), draft.id, JSON.stringify(draft)]);
    const open = started.map(({ step = '', turn, agent }) => startArg(step, turn, agent));
    const ttl = this.#ttlAfter(input.events);
    const reply = await this.#call(() =>
      this.#scripts.rebuildLog(
        ...head(ref),
        ...[expected?.epoch ?? 0, expected?.seq ?? 0, ttl, this.#cap, epoch, JSON.stringify(info)],
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
    await this.#ask(() => this.#redis.spublish(logKeys(ref).channel, `N ${JSON.stringify(note)}`));
  }

  async subscribe(ref: SessionRef, listener: LogListener): Promise<() => Promise<void>> {
    return this.#ask(() => this.#subscriptions.add(ref, listener));
  }

  async admit(
    ref: SessionRef,
    { messageId, bytes, most = LIMITS.inboxMessages, share = 1 }: AdmitInput,
  ): Promise<Admission> {
    const { inbox, ids } = logKeys(ref);
    const { inboxBytes, inboxTtlMs, messageSends, signalsWaiting } = LIMITS;
    const room = [most, inboxBytes].map((all) => Math.ceil(all * share));
    const [status, messages, sum] = await this.#call(() =>
      this.#scripts.admitMessage(
        ...[inbox, ids],
        ...[messageId, eventId.message(messageId), bytes, ...room, inboxTtlMs],
        ...[messageSends, Math.ceil(signalsWaiting * share)],
      ),
    );
    if (status === 'ok' || status === 'held' || status === 'again') return { status };
    return { status: 'full', messages: Number(messages), bytes: Number(sum) };
  }

  async release(ref: SessionRef, messageIds: readonly string[]): Promise<void> {
    if (messageIds.length > 0) await this.#ask(() => this.#redis.hdel(logKeys(ref).inbox, ...messageIds));
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

function stepReply(reply: LuaReply[]): Ended | Fenced | Incomplete {
  if (reply[0] === 'fenced') return { status: 'fenced', attempt: Number(reply[1]) };
  if (reply[0] === 'lost' || reply[0] === 'behind') return { status: reply[0] };
  return {
    status: 'ended',
    position: position(reply[1]),
    placed: placements(reply[2]),
    events: events(reply[3]),
  };
}
