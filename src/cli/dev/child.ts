/** One process of a development stack: started, watched, restarted when it dies, stopped. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { DevProcess } from '../../contracts/index.ts';
import { CliError } from '../failure.ts';
import { harmless } from '../terminal.ts';
import { identify } from './identity.ts';
import type { Identity } from './identity.ts';
import { isHealthy } from './probe.ts';
import type { Probe } from './probe.ts';
import type { ProcessKind } from './state.ts';

export interface ChildSpec {
  readonly name: string;
  readonly kind: ProcessKind;
  readonly command: string;
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  readonly probe: Probe;
  readonly log: string;
  /** How long it may take to end when asked to, ms. */
  readonly stopMs: number;
}

/** Events of a process that should be running. */
export type ChildNews =
  | { readonly what: 'ended'; readonly how: string; readonly againInMs: number }
  | { readonly what: 'back'; readonly afterMs: number };

/** Hears of a process. */
export interface ChildListener {
  readonly tell: (news: ChildNews) => void;
  /** The process behind the name has changed, is ready, or is gone. */
  readonly changed: () => void;
  /** A message from it. */
  readonly heard: (message: unknown) => void;
}

/** Backoff before a restart, ms: short at first, because a session may be in the middle of an answer. */
export interface RestartPace {
  readonly firstMs: number;
  readonly maxMs: number;
  /** After a process has been ready this long, the backoff starts over. */
  readonly stableMs: number;
}

export const RESTART: RestartPace = { firstMs: 100, maxMs: 10_000, stableMs: 30_000 };

/** How long a process may take to become ready, ms. */
const READY_MS = 60_000;
const POLL_MS = 25;
/** Characters of a log shown when a start fails. */
const LAST_WORDS = 300;

export class Child {
  readonly spec: ChildSpec;
  readonly #pace: RestartPace;
  readonly #listener: ChildListener;
  readonly #stopping = new AbortController();
  #process: ChildProcess | null = null;
  #identity: Identity | undefined;
  #ended: Promise<string> = Promise.resolve('');
  /** Consecutive failed starts. */
  #failures = 0;
  /** Since when it has been ready, ms since the Unix epoch. */
  #since: number | undefined;
  /** How long it was away the last time, ms. */
  #backAfterMs: number | undefined;

  constructor(spec: ChildSpec, listener: ChildListener, pace: RestartPace = RESTART) {
    this.spec = spec;
    this.#listener = listener;
    this.#pace = pace;
  }

  /** As a gateway is told of it. */
  get told(): DevProcess {
    const { name, kind } = this.spec;
    return {
      ...{ name, kind },
      ...(this.#since === undefined ? {} : { since: this.#since }),
      ...(this.#backAfterMs === undefined ? {} : { backAfterMs: this.#backAfterMs }),
    };
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** The first start. Resolves when the process is ready, and watches it from then on; throws `start_failed` with its last output. */
  async start(): Promise<void> {
    if (existsSync(this.spec.log))
      renameSync(this.spec.log, this.spec.log.replace(/\.log$/, '.previous.log'));
    const how = await this.#launch();
    if (how !== null) {
      if (this.#isStopping()) return;
      const said = lastWords(this.spec.log);
      throw new CliError(
        'start_failed',
        `${this.spec.name} did not start (${how})${said ? `: ${said}` : '.'} See ${this.spec.log}`,
      );
    }
    void this.#watch();
  }

  /** Asks it to end, kills it after its grace period; resolves when it is gone. It is not restarted. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#process;
    if (!child) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), this.spec.stopMs);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Kills it at once, together with its own children. */
  kill(): void {
    this.#stopping.abort();
    this.#killGroup();
  }

  /** Kills it at once, as a crash would: it is started again. */
  crash(): void {
    this.#killGroup();
  }

  /** Sends it a message, if it runs and listens (a gateway does). */
  send(message: object): void {
    // It may die meanwhile.
    if (this.#process?.connected) this.#process.send(message, () => undefined);
  }

  #killGroup(): void {
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    try {
      // Its own process group.
      process.kill(-pid, 'SIGKILL');
    } catch {
      this.#process?.kill('SIGKILL');
    }
  }

  /** Starts it once; returns null when it is ready, otherwise how it ended. */
  async #launch(): Promise<string | null> {
    const { command, args, env, log, probe } = this.spec;
    const file = openSync(log, 'a');
    // In a process group of its own: Ctrl-C in the terminal goes to the supervisor, which stops everything in order.
    const channel = this.spec.kind === 'gateway' ? (['ipc'] as const) : [];
    const child = spawn(command, args, { env, stdio: ['ignore', file, file, ...channel], detached: true });
    closeSync(file);
    this.#process = child;
    child.on('message', (message) => this.#listener.heard(message));
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code ?? '?'}`));
    });
    this.#identity = child.pid === undefined ? undefined : (identify(child.pid) ?? undefined);
    this.#listener.changed();
    void this.#ended.then(() => {
      this.#process = null;
      this.#identity = undefined;
      this.#since = undefined;
      this.#listener.changed();
    });
    const deadline = Date.now() + READY_MS;
    while (!(await isHealthy(probe))) {
      await Promise.race([this.#ended, pause(POLL_MS)]);
      if (!this.#runs(child)) break;
      if (Date.now() > deadline) {
        this.#killGroup();
        await this.#ended;
        return `not ready within ${READY_MS / 1_000} s`;
      }
    }
    // If it has ended, another process answered the probe.
    if (!this.#runs(child)) return this.#ended;
    this.#since = Date.now();
    this.#listener.changed();
    return null;
  }

  #runs(child: ChildProcess): boolean {
    return this.#process === child;
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Restarts it whenever it ends, until it is asked to stop. */
  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    let readyAt = Date.now();
    for (;;) {
      const how = await this.#ended;
      if (this.#isStopping()) return;
      const endedAt = Date.now();
      if (endedAt - readyAt > this.#pace.stableMs) this.#failures = 0;
      const againInMs = Math.min(this.#pace.maxMs, this.#pace.firstMs * 2 ** this.#failures++);
      this.#listener.tell({ what: 'ended', how, againInMs });
      await pause(againInMs, undefined, { signal }).catch(() => undefined);
      if (this.#isStopping()) return;
      const failure = await this.#launch();
      if (failure === null && !this.#isStopping()) {
        readyAt = Date.now();
        this.#backAfterMs = readyAt - endedAt;
        this.#listener.changed();
        this.#listener.tell({ what: 'back', afterMs: this.#backAfterMs });
      }
    }
  }
}

/** The last line that a process wrote, without control characters. */
function lastWords(log: string): string {
  try {
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    return harmless(readable(lines.at(-1) ?? '')).slice(0, LAST_WORDS);
  } catch {
    return '';
  }
}

/** The message in a JSON log line. */
function readable(line: string): string {
  try {
    const { msg, message } = JSON.parse(line) as { msg?: unknown; message?: unknown };
    const text = msg ?? message;
    return typeof text === 'string' ? text : line;
  } catch {
    return line;
  }
}
