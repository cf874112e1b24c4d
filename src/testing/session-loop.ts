/**
 * Runs a session in this process: the rules of the workflow and the turns of the activities, without Temporal between them. What goes from one
 * to the other goes as JSON, as it does there. Time passes at once when nothing but a pause is left.
 */
import { Conversations } from '../../activities/conversation/conversations.ts';
import { publishEvents } from '../../activities/publish-events.ts';
import { Heartbeat } from '../../activities/turn/heartbeat.ts';
import { TurnRun } from '../../activities/turn/run-turn.ts';
import { TurnStopped } from '../../activities/turn/stops.ts';
import type { TurnDeps } from '../../activities/turn/turn-deps.ts';
import { nextMove } from '../../workflows/rules/moves.ts';
import { SessionMachine } from '../../workflows/rules/machine.ts';
import type { SessionInput, TurnInput, TurnProgress } from '../contracts/index.ts';
import type { MemoryLog } from '../log/index.ts';

const NEVER_FULL = { isFull: () => false, isOverfull: () => false };
const NEVER = new AbortController().signal;
/** Signs of life are for a server. */
const HEARTBEAT_MS = 60_000;

export type LoopParts = Pick<
  TurnDeps,
  'teams' | 'runners' | 'tools' | 'configured' | 'limits' | 'summary' | 'priceOf' | 'logger'
> & {
  readonly log: MemoryLog;
};

export class SessionLoop {
  #machine: SessionMachine;
  readonly #input: SessionInput;
  readonly #parts: LoopParts;
  #deps: TurnDeps;
  /** By turn. */
  readonly #runs = new Map<string, TurnRun>();
  #failure: { readonly error: unknown } | null = null;
  #looping: Promise<void> | null = null;
  #changed = Promise.withResolvers<undefined>();

  constructor(input: SessionInput, parts: LoopParts) {
    this.#input = input;
    this.#parts = parts;
    this.#machine = new SessionMachine(input, Date.now());
    this.#deps = this.#newWorker();
  }

  get machine(): SessionMachine {
    return this.#machine;
  }

  /** Something has come in: goes on until nothing is left to do but wait for more. */
  settle(): Promise<void> {
    this.#wake();
    this.#looping ??= this.#loop().finally(() => {
      this.#looping = null;
    });
    return this.#looping;
  }

  /** Turns that were cancelled stop what they do. */
  stopCancelled(): void {
    for (const { turn, cancelled } of this.#machine.turns.all)
      if (cancelled) this.#runs.get(turn)?.stop(new TurnStopped('cancelled'));
  }

  /** As a deploy does to a session that rests: its state goes to another process. */
  handOver(): void {
    if (this.#looping) throw new Error('The session does not rest: await what it does first.');
    const input = { ...this.#input, carried: this.#machine.carry() };
    this.#machine = new SessionMachine(copy(input), Date.now());
    this.#deps = this.#newWorker();
  }

  /** It remembers nothing of the session. */
  #newWorker(): TurnDeps {
    const source = {
      known: async () => ({ ...this.#machine.events(), running: [] }),
      archived: async () => [],
      session: async () => null,
    };
    const conversations = new Conversations({ log: this.#parts.log, source });
    return { ...this.#parts, source, conversations, patient: true, stalls: { of: async () => [] } };
  }

  async #loop(): Promise<void> {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      const { machine } = this;
      const move = nextMove(machine, { busy: [...this.#runs.keys()], ...NEVER_FULL });
      if (move === 'run') this.#start();
      else if (move === 'publish') await this.#publish();
      else if (move === 'settle') machine.turns.settle(Date.now());
      else if (move === 'finish') machine.finish(Date.now());
      else if (this.#runs.size > 0) await this.#changed.promise;
      else if (!this.#passTime()) return;
    }
  }

  #start(): void {
    const input = copy(this.#machine.runTurn(Date.now()));
    const run = this.#turnRun(input);
    this.#runs.set(input.turn, run);
    run
      .run()
      .then((result) => {
        this.#runs.delete(input.turn);
        this.#machine.back(input, copy(result), Date.now());
      })
      .catch((error: unknown) => {
        this.#runs.delete(input.turn);
        this.#failure = { error };
      })
      .finally(() => this.#wake());
  }

  #turnRun(input: TurnInput): TurnRun {
    return new TurnRun(this.#deps, input, {
      ...{ owner: `${input.turn}.${input.attempts + 1}`, attempt: 1, progress: null },
      ...{ suspendAfterMs: 0, draining: NEVER },
      heartbeat: (details, stop) =>
        new Heartbeat<TurnProgress>({
          ...{ send: async () => 'recorded' as const, details, stop, everyMs: HEARTBEAT_MS },
        }),
    });
  }

  async #publish(): Promise<void> {
    const { tenant, session } = this.#input;
    const { known } = this.#machine.facts;
    const input = copy({ tenant, session, known, ...this.#machine.takePublish() });
    this.#machine.report(copy(await publishEvents(this.#deps, input, NEVER)));
  }

  /** Ends the pauses that nothing but time ends, or delivers what is for later; false: there is none of it. */
  #passTime(): boolean {
    const turns = this.#machine.turns.all;
    const waits = turns.flatMap((turn) => (turn.phase === 'waiting' ? turn.waits : []));
    const pauses = waits.filter(({ kind }) => kind === 'sleep' || kind === 'retry');
    const { at } = this.#machine.later;
    if (turns.length === 0 && at !== null) {
      this.#machine.deliver(at);
      return true;
    }
    if (pauses.length === 0) return false;
    this.#machine.waits.wake(Math.min(...pauses.map(({ until }) => until)), false);
    return true;
  }

  #wake(): void {
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers<undefined>();
  }
}

function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T; // safety: what goes over a wire is JSON
}
