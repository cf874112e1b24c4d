/**
 * What a team is written in. A team is a plain async function that decides who speaks next; it sees nothing but its context.
 *
 * Its code may run again from the start (a worker died, a pause was over): every call is then answered from the turn's journal until the
 * journal is used up. So what it decides must follow from its answers: no clock, no random numbers, no I/O of its own.
 */
import type {
  AgentSpec,
  ApprovalRule,
  Decided,
  Handoff,
  Json,
  JsonObject,
  Limits,
  Member,
} from '../../src/contracts/index.ts';

/** How a step ended. */
export type Outcome =
  | {
      readonly status: 'completed';
      /** Its last, if it used tools. */
      readonly step: string;
      readonly agent: string;
      readonly text: string;
      /** The answer as JSON, if the agent or the ask has an `output` schema. */
      readonly data?: Json;
      /** The agent wants another one to go on: what the team makes of that is its business. */
      readonly handoff?: Handoff;
    }
  | {
      readonly status: 'failed';
      readonly step: string;
      readonly agent: string;
      /** Of the error table. */
      readonly code: string;
      readonly message: string;
      /** What was said before the failure. */
      readonly text: string;
    };
export type Answer = Extract<Outcome, { status: 'completed' }>;

/** An agent that was asked has failed. Not caught by the team, it fails the turn. */
export class AgentFailed extends Error {
  readonly outcome: Extract<Outcome, { status: 'failed' }>;

  constructor(outcome: Extract<Outcome, { status: 'failed' }>) {
    super(outcome.message);
    this.name = 'AgentFailed';
    this.outcome = outcome;
  }
}

/** What a team says to an agent that it asks. */
export interface AskInput {
  /** What the agent should do now; it is not part of the conversation. At most 32 Ki UTF-16 code units. */
  readonly task?: string;
  /** Instead of the agent's own tools. */
  readonly tools?: readonly string[];
  /** JSON Schema of the answer, instead of the agent's own. */
  readonly output?: JsonObject;
}

/** The last word of a turn, described and not yet asked: its end is committed together with the turn's. */
export interface LastWord {
  readonly agent: string;
  readonly input?: AskInput;
}

/**
 * A small store that a team keeps from turn to turn, shared by its branches; all of it may be at most 8 KiB of JSON. A team that is run inside
 * has keys of its own, by the name of its function: `groupChat/last` is what a `groupChat` inside keeps as `last`.
 */
export interface TeamMemory {
  readonly get: (key: string) => Json | undefined;
  /** Kept if the turn completes; `undefined` forgets. Clients may read it in the turn's end. */
  readonly set: (key: string, value: Json | undefined) => void;
}

/** A message that the turn answers. */
export interface TeamMessage {
  readonly id: string;
  /** The sender's name; absent: "the user". */
  readonly from?: string;
  /** At most 32 Ki UTF-16 code units. */
  readonly text: string;
}

/** When branches that run side by side have done enough: those that still run are cancelled then. */
export interface ParallelRule {
  /** `all` (the default): every branch ends. `any`: one has completed. A number: so many have. Failed ones do not count. */
  readonly until?: 'all' | 'any' | number;
  /** So many ms after their start, at the latest. */
  readonly timeoutMs?: number;
}

/** How a branch of `parallel` came out. */
export type Settled<T> =
  | { readonly status: 'completed'; readonly value: T }
  | { readonly status: 'failed'; readonly error: AgentFailed }
  /** Its open steps have ended as cancelled, and its code does not go on. */
  | { readonly status: 'cancelled'; readonly reason: 'branch_not_needed' | 'branch_timed_out' };

/** Branches of `parallel` by name. */
export type Branches<O extends JsonObject> = Readonly<
  Record<string, (context: TeamContext<O>) => Promise<unknown>>
>;
/** How they came out, each with the type of its own answer. */
export type SettledBranches<B extends Branches<never>> = {
  readonly [Name in keyof B]: Settled<Awaited<ReturnType<B[Name]>>>;
};

/** What a person is asked; at most 8 Ki UTF-16 code units. `timeoutMs`: at most, and by default, 30 days. */
export interface Question {
  readonly text: string;
  readonly timeoutMs?: number;
}

/** `unanswered`: she did not answer in time, or the session closes. */
export type PersonAnswer =
  { readonly status: 'answered'; readonly message: TeamMessage } | { readonly status: 'unanswered' };

/** What people are asked to approve: `data` is what they approve, at most 8 KiB of JSON. */
export interface ApprovalRequest extends ApprovalRule {
  readonly title: string;
  readonly data?: JsonObject;
}

/**
 * How they have decided. `by`: nobody, if the time was over and the default was to approve, or to deny (`expired`, also if the session closes).
 * `data`: what was approved, as whoever approved it has left it.
 */
export type Decision = Decided;

export interface TeamContext<O extends JsonObject = JsonObject> {
  /** `messages`: those that the turn answers. */
  readonly turn: { readonly id: string; readonly messages: readonly TeamMessage[] };
  readonly options: O;
  /** The session's agents, in its order, without those that are paused: as they were when the turn started. */
  readonly agents: readonly AgentSpec[];
  /** Names of agents that were paused then, or had left. */
  readonly absent: readonly string[];
  /**
   * Who takes part now: agents and people, paused ones too. An agent that has joined or was resumed since the turn started may be asked once
   * the team was told of it here; one that was paused or has left may still be asked, and should not.
   */
  readonly members: () => Promise<readonly Member[]>;
  readonly memory: TeamMemory;
  /** What this team may still spend: its own limits, and those of the teams and the session around it. */
  readonly left: {
    readonly steps: number;
    readonly handoffs: number;
    readonly tokens: number;
    readonly cost: number;
  };
  /** Lets an agent speak; it sees what was said before. Throws `AgentFailed`. */
  readonly ask: (agent: string, input?: AskInput) => Promise<Answer>;
  /** The same; a failure is an answer. */
  readonly settle: (agent: string, input?: AskInput) => Promise<Outcome>;
  /**
   * Runs branches side by side; resolves when all have ended, or when the rule says so. A branch sees what was said before it and what is
   * said in it; afterwards all is seen. A branch that fails is an answer. Names: 1 to 32 of `A-Z a-z 0-9 _ -`.
   */
  readonly parallel: <B extends Branches<O>>(branches: B, rule?: ParallelRule) => Promise<SettledBranches<B>>;
  /**
   * Asks a person of the session, and waits for her next message, which starts no turn of its own; costs nothing meanwhile. She is asked once
   * nothing else of the turn runs. Agents that speak afterwards see her answer.
   */
  readonly askPerson: (name: string, question: Question) => Promise<PersonAnswer>;
  /**
   * Asks people to decide, and waits; costs nothing meanwhile, however long. They are asked once nothing else of the turn runs; several
   * approvals of one turn can be open side by side.
   */
  readonly approve: (request: ApprovalRequest) => Promise<Decision>;
  /** Says something to everybody, as an agent of the session, or as `team`. */
  readonly say: (text: string, as?: string) => Promise<void>;
  /**
   * Runs another team inside this one, and resolves with its last word if it returns one. What it says is seen afterwards. Its memory is its
   * own; teams of one name share theirs. `limits`: of what it may spend, never more than is left; if one is reached the team is left where it
   * is, what it has open ends as cancelled, and this throws `AgentFailed` with the code `budget_spent`. `runMs` is the whole turn's alone.
   */
  readonly run: <P extends JsonObject>(
    team: Team<P>,
    options?: P,
    limits?: Omit<Limits, 'runMs'>,
  ) => Promise<Answer | undefined>;
  /**
   * Pauses for so many ms; costs nothing meanwhile. `woken`: a message that steers the turn has ended it, or somebody who asked for that
   * (`convoke wake`). A pause of less than 10 s is always slept to its end.
   */
  readonly sleep: (ms: number) => Promise<'over' | 'woken'>;
  /**
   * The messages that have joined the turn since this was called before (they steer it). Agents that speak afterwards see them in any case;
   * a team that plans may want to plan anew.
   */
  readonly steered: () => readonly TeamMessage[];
  /** ms since the Unix epoch; the same when the code runs again. */
  readonly now: () => number;
  /** In [0, 1); the same when the code runs again. */
  readonly random: () => number;
}

/** A team that returns nothing has ended with the last thing that it did. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- an async function without a return is a team
export type Team<O extends JsonObject = JsonObject> = (context: TeamContext<O>) => Promise<LastWord | void>;
