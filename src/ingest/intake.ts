/**
 * The one door into the engine: every protocol calls this and nothing else. Input is untrusted until it has been checked here; whatever is
 * passed on is valid and belongs to the caller's tenant. Every method throws only `ConvokeError`, within 2 s where Temporal alone answers
 * (`RECOVERY.ingressDeadlineMs`), or within `answerDeadlineMs` where a worker has to answer.
 */
import { APPLICATION, ConvokeError, disclosedTeam, isConvokeError, sessionKey } from '../contracts/index.ts';
import type {
  ApprovalsReply,
  FeedbackReply,
  ForkReply,
  ForkRequest,
  OpenRequest,
  Receipt,
  ScheduledPage,
  SessionPage,
  SessionRef,
  SessionState,
} from '../contracts/index.ts';
import type { SessionCalls } from '../temporal/index.ts';
import type { Admission } from './admit.ts';
import type { Arrivals } from './arrivals.ts';
import { inSession, soon } from './archived.ts';
import type { IsArchived } from './archived.ts';
import { attached } from './attached.ts';
import type { UseFiles } from './attached.ts';
import type { Authenticator } from './authenticate.ts';
import { allow } from '../tenants/index.ts';
import type { Audit, Principal, Scope } from '../tenants/index.ts';
import { asSubject, CONTROL_SCOPES, noteVote, refOf, votedBy } from './acting.ts';
import { controls } from './control.ts';
import type { ControlDeps, Controls } from './control.ts';
import { feedbackMessage, requireTarget } from './feedback.ts';
import { forkSession } from './fork.ts';
import type { ForkDeps } from './fork.ts';
import { HandOver } from './hand-over.ts';
import { InFlight } from './in-flight.ts';
import { invalidAt } from './json-guard.ts';
import { Known } from './known.ts';
import type { CatalogsOf } from './known.ts';
import { openSession } from './open-session.ts';
import type { Opened, OpenDeps } from './open-session.ts';
import { Roster } from './roster.ts';
import { saidOf } from './same-message.ts';
import type { AgentsOf, FollowedAgents } from './roster.ts';
import {
  forkSchema,
  idempotencyKeySchema,
  openSchema,
  sendSchema,
  sessionsQuerySchema,
} from './schemas/index.ts';
import { messageIdOfKey, messageOf, validate } from './validate.ts';
import { WayIn } from './way-in.ts';

export interface IntakeOptions {
  /** The Idempotency-Key: a repeat with the same key gets the first answer. */
  readonly key?: string | undefined;
  /** The header `traceparent` of a message; one that is malformed is ignored. */
  readonly traceparent?: string | undefined;
}

export interface Intake {
  /** The principal that a key belongs to. Throws `unauthorized`. */
  authenticate(token: unknown): Promise<Principal>;
  /**
   * Opens a session. An id, or else an Idempotency-Key, makes the request repeatable: an equal repeat gets the same answer for as long
   * as Temporal retains the session. After that the id stays taken: a second session would mix its events with the archived ones. Throws
   * `unknown_team`, `agent_unknown`, `tool_unknown`, `session_exists`, `idempotency_mismatch`, `archive_unavailable`.
   */
  open(principal: Principal, body: unknown, options?: IntakeOptions): Promise<Opened>;
  /**
   * Passes a message to a session, and reopens a session that was interrupted. Resolves once it is persisted. Throws `session_not_found`,
   * `session_closed`, `inbox_full`, `file_not_found`, `message_id_reused`.
   */
  send(principal: Principal, session: unknown, body: unknown, options?: IntakeOptions): Promise<Receipt>;
  /**
   * Passes feedback on a turn or a step to a session. Resolves once it is persisted. Throws `session_not_found`, `turn_not_found`,
   * `step_not_found`, `session_closed`, `inbox_full`.
   */
  feedback(
    principal: Principal,
    session: unknown,
    body: unknown,
    options?: IntakeOptions,
  ): Promise<FeedbackReply>;
  /**
   * Forks a session and hands the fork the message of the request; like an open, an id or an Idempotency-Key makes the request repeatable.
   * Throws `session_not_found`, `message_not_found`, `session_exists`, `idempotency_mismatch`, `log_unavailable`, `archive_unavailable`.
   */
  fork(principal: Principal, session: unknown, body: unknown, options?: IntakeOptions): Promise<Forked>;
  /** Controls a session, see `Controls`. Throws `session_not_found`. */
  control<C extends keyof Controls>(
    principal: Principal,
    session: unknown,
    name: C,
    body: unknown,
  ): Promise<Controls[C]>;
  /** What people have to decide upon. Throws `session_not_found`, `session_closed`. */
  approvals(principal: Principal, session: unknown): Promise<ApprovalsReply>;
  /** The session as its workflow knows it. Throws `session_not_found`, `session_closed`. */
  state(principal: Principal, session: unknown): Promise<SessionState>;
  /** The messages of a session that wait for their time. Throws `session_not_found`. */
  scheduled(principal: Principal, session: unknown): Promise<ScheduledPage>;
  /** The tenant's sessions, newest first; eventually consistent. `query` is the query of a URL. Throws `invalid_cursor`. */
  list(principal: Principal, query: unknown): Promise<SessionPage>;
}

/** The answer to a fork. */
export interface Forked {
  readonly reply: ForkReply;
  readonly replayed: boolean;
}

export interface IntakeConfig extends Omit<OpenDeps, 'known'>, Omit<ControlDeps, 'known'>, ForkDeps {
  readonly catalogs: CatalogsOf;
  readonly agentsOf: AgentsOf;
  readonly followedAgents: FollowedAgents;
  readonly authenticator: Authenticator;
  readonly admission: Admission;
  /** What is remembered of messages for their timelines; absent: nothing that anybody asks for. */
  readonly arrivals?: Arrivals;
  /** What is recorded of messages. Absent: nothing is. */
  readonly wayIn?: WayIn;
  /** Absent: this deployment has no place for files. */
  readonly useFiles?: UseFiles | undefined;
  /** Is the session being erased, so that it is none for anybody? Absent: no session is. */
  readonly isErasing?: (ref: SessionRef) => boolean;
  /** Counts a request that starts or changes something; absent: tenants have no limits. Throws `rate_limited`. */
  readonly takeOperation?: (by: Principal) => Promise<void>;
  /** Told of votes. Absent: nobody is. */
  readonly audit?: Audit;
  /**
   * The newest turns of the session that this gateway has seen the ends of: more than one only where turns run side by side. Tells the workflow,
   * which hears of a turn's end later than clients do, that a message does not wait.
   */
  endedTurns(ref: SessionRef): readonly string[];
}

export function createIntake(config: IntakeConfig): Intake {
  return new SessionIntake(config);
}

function keyOf({ key }: IntakeOptions): string | undefined {
  if (key === undefined) return undefined;
  const parsed = idempotencyKeySchema.safeParse(key);
  if (parsed.success) return parsed.data;
  throw invalidAt(['headers', 'Idempotency-Key'], 'it must be 1 to 255 visible ASCII characters.');
}

class SessionIntake implements Intake {
  readonly #config: IntakeConfig & OpenDeps & ControlDeps;
  readonly #calls: SessionCalls;
  readonly #isArchived: IsArchived;
  readonly #roster: Roster;
  readonly #sending = new InFlight<Receipt>();
  readonly #handOver: HandOver;
  readonly #wayIn: WayIn;

  constructor(config: IntakeConfig) {
    this.#isArchived = soon(config.isArchived);
    const known = new Known(config.catalogs);
    this.#config = { ...config, isArchived: this.#isArchived, known };
    this.#calls = config.calls;
    this.#wayIn = config.wayIn ?? new WayIn();
    const { log } = config.past;
    this.#handOver = new HandOver({ ...config, log, wayIn: this.#wayIn, isArchived: this.#isArchived });
    this.#roster = new Roster(config.agentsOf, config.followedAgents);
  }

  authenticate(token: unknown): Promise<Principal> {
    return this.#config.authenticator.authenticate(token);
  }

  async open(principal: Principal, body: unknown, options: IntakeOptions = {}): Promise<Opened> {
    const request = validate<OpenRequest>(openSchema, body);
    allow(principal, 'operate', request.id);
    const key = keyOf(options);
    await this.#config.takeOperation?.(principal);
    return openSession(this.#config, principal.tenant, request, key);
  }

  async send(
    principal: Principal,
    session: unknown,
    body: unknown,
    options: IntakeOptions = {},
  ): Promise<Receipt> {
    const ref = this.#refOf(principal, session, 'send');
    const key = keyOf(options);
    const request = { ...validate(sendSchema, body), ...asSubject(principal) };
    const messageId =
      request.messageId ?? (key === undefined ? undefined : messageIdOfKey(ref, key, principal));
    if (messageId === undefined)
      throw invalidAt(['messageId'], 'give one (over HTTP an Idempotency-Key header does as well).');
    if (request.from !== undefined) await this.#roster.refuseAgentName(ref, request.from);
    const whole = await attached(this.#config.useFiles, ref, request);
    const turns = this.#config.endedTurns(ref);
    const [ended, others] = [turns.at(-1), turns.slice(0, -1)];
    const traced = this.#wayIn.traced(ref, messageId, request.traceparent ?? options.traceparent);
    const message = {
      ...messageOf({ ...whole, messageId }, Date.now()),
      ...(traced && { trace: traced.trace }),
      ...(ended === undefined ? {} : { ended }),
      ...(others.length === 0 ? {} : { alsoEnded: others }),
    };
    // Clients that retry, and several of them, send a message more than once at a time: Temporal's history should have it once.
    const same = `${sessionKey(ref)}:${messageId}:${saidOf(message)}`;
    return this.#sending.share(same, () => this.#handOver.deliver(ref, message, traced));
  }

  async feedback(
    principal: Principal,
    session: unknown,
    body: unknown,
    options: IntakeOptions = {},
  ): Promise<FeedbackReply> {
    const ref = this.#refOf(principal, session, 'send');
    const message = feedbackMessage(principal, ref, { body, key: keyOf(options) });
    const { messageId, feedback } = message;
    if (feedback.by !== APPLICATION) await this.#roster.refuseAgentName(ref, feedback.by);
    await requireTarget(this.#config.past, ref, feedback);
    await this.#sending.share(`${sessionKey(ref)}:${messageId}`, () => this.#handOver.deliver(ref, message));
    return { session: ref.session, turn: feedback.turn, by: feedback.by, status: 'accepted' };
  }

  async fork(
    principal: Principal,
    session: unknown,
    body: unknown,
    options: IntakeOptions = {},
  ): Promise<Forked> {
    const parent = this.#refOf(principal, session, 'operate');
    const { message: given, ...rest } = validate<ForkRequest>(forkSchema, body);
    // The fork is a session like any other: whether there is one of this id is told only to whoever may open it.
    allow(principal, 'operate', rest.id);
    if (given) allow(principal, 'send', rest.id);
    const message = given && { ...given, ...asSubject(principal) };
    const request = message ? { ...rest, message } : rest;
    if (message?.from !== undefined) await this.#roster.refuseAgentName(parent, message.from);
    const key = keyOf(options);
    await this.#config.takeOperation?.(principal);
    const { summary, replayed } = await forkSession(this.#config, parent, request, key);
    if (!message) return { reply: summary, replayed };
    const messageId =
      message.messageId ?? messageIdOfKey({ ...parent, session: summary.id }, 'fork', principal);
    const receipt = await this.send(principal, summary.id, { ...message, messageId });
    return { reply: { ...summary, receipt }, replayed };
  }

  async control<C extends keyof Controls>(
    principal: Principal,
    session: unknown,
    name: C,
    body: unknown,
  ): Promise<Controls[C]> {
    const ref = this.#refOf(principal, session, CONTROL_SCOPES[name]);
    const given = name === 'approve' ? votedBy(principal, body) : body;
    await this.#config.takeOperation?.(principal);
    const reply = await controls[name](this.#config, ref, given);
    if (name === 'members') this.#roster.forget(ref);
    if (name === 'approve') noteVote(this.#config.audit, principal, { ref, body: given });
    return reply;
  }

  async approvals(principal: Principal, session: unknown): Promise<ApprovalsReply> {
    const ref = this.#refOf(principal, session, 'watch');
    return { approvals: await inSession(this.#isArchived, ref, this.#calls.approvals(ref)) };
  }

  async state(principal: Principal, session: unknown): Promise<SessionState> {
    const ref = this.#refOf(principal, session, 'watch');
    const state = await inSession(this.#isArchived, ref, this.#calls.state(ref));
    return { ...state, team: disclosedTeam(state.team) };
  }

  async scheduled(principal: Principal, session: unknown): Promise<ScheduledPage> {
    try {
      return { data: (await this.state(principal, session)).scheduled ?? [] };
    } catch (error) {
      // Nothing waits in a closed session.
      if (isConvokeError(error) && error.code === 'session_closed') return { data: [] };
      throw error;
    }
  }

  async list(principal: Principal, query: unknown): Promise<SessionPage> {
    allow(principal, 'operate');
    const { tenant } = principal;
    const page = await this.#calls.list(tenant, validate(sessionsQuerySchema, query));
    const data = page.data.filter(({ id }) => !this.#config.isErasing?.({ tenant, session: id }));
    return { ...page, data };
  }

  #refOf(principal: Principal, session: unknown, scope: Scope): SessionRef {
    const ref = refOf(principal, session, scope);
    if (this.#config.isErasing?.(ref)) throw new ConvokeError('session_not_found');
    return ref;
  }
}
