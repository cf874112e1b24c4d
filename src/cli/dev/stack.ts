/** All processes of a development stack: started concurrently where possible, stopped in order. */
import type { DevNews, DevRequest } from '../../contracts/index.ts';
import { Child } from './child.ts';
import type { ChildNews, ChildSpec, RestartPace } from './child.ts';
import type { ProcessKind, ProcessState } from './state.ts';

/** The order of stopping: first no new work comes in, then running work ends, then the servers are no longer needed. */
const STOP_ORDER: readonly (readonly ProcessKind[])[] = [['gateway'], ['worker'], ['redis', 'temporal']];

export interface StackOptions {
  readonly tell: (name: string, news: ChildNews) => void;
  /** Called when the output of `ps` would change. */
  readonly changed: () => void;
  readonly pace?: RestartPace;
}

export class Stack {
  readonly #options: StackOptions;
  #children: readonly Child[] = [];
  #stopping: Promise<void> | null = null;

  constructor(options: StackOptions) {
    this.#options = options;
  }

  /** True once `stop` or `kill` was called. */
  isStopping(): boolean {
    return this.#stopping !== null;
  }

  get processes(): readonly ProcessState[] {
    return this.#children.map(({ spec: { name, kind, port, probe, log }, identity }) => ({
      name,
      kind,
      port,
      probe,
      log,
      ...(identity ? { identity } : {}),
    }));
  }

  /** Starts a process and keeps it running; resolves when it is ready. Throws `start_failed`. Does nothing once the stack is stopping. */
  async start(spec: ChildSpec): Promise<void> {
    if (this.isStopping()) return;
    await this.#add(spec).start();
  }

  /**
   * Starts a process anew beside the one of the same name, which is asked to stop once the new one is ready; resolves when it is gone. Throws
   * `start_failed`: then the old one goes on. Does nothing once the stack is stopping.
   */
  async replace(spec: ChildSpec): Promise<void> {
    if (this.isStopping()) return;
    const old = this.#children.filter(({ spec: { name } }) => name === spec.name);
    const child = this.#add(spec);
    try {
      await child.start();
    } catch (error) {
      this.#remove([child]);
      throw error;
    }
    await Promise.all(old.map((each) => each.stop()));
    this.#remove(old);
  }

  #add(spec: ChildSpec): Child {
    const { tell, pace } = this.#options;
    const listener = {
      tell: (news: ChildNews) => tell(spec.name, news),
      changed: () => this.#changed(),
      heard: (message: unknown) => this.#heard(message as DevRequest),
    };
    const child = new Child(spec, listener, pace);
    this.#children = [...this.#children, child];
    return child;
  }

  #remove(gone: readonly Child[]): void {
    this.#children = this.#children.filter((child) => !gone.includes(child));
    this.#changed();
  }

  #changed(): void {
    this.#options.changed();
    this.#publish();
  }

  /** Gateways show their page what runs. */
  #publish(): void {
    const told = new Map(this.#children.map((child) => [child.spec.name, child.told]));
    const news: DevNews = { convoke: 'processes', processes: [...told.values()] };
    for (const child of this.#children) if (child.spec.kind === 'gateway') child.send(news);
  }

  /** A gateway's page has asked for it. */
  #heard(request: DevRequest): void {
    if (request.convoke === 'watch') this.#publish();
    else for (const child of this.#children) if (child.spec.name === request.name) child.crash();
  }

  /** Stops everything; further calls wait for the same end. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stopInOrder());
  }

  /** Kills everything at once, for when this process itself is about to exit. */
  kill(): void {
    this.#stopping ??= Promise.resolve();
    for (const child of this.#children) child.kill();
  }

  async #stopInOrder(): Promise<void> {
    for (const kinds of STOP_ORDER) {
      const group = this.#children.filter(({ spec }) => kinds.includes(spec.kind));
      await Promise.all(group.map((child) => child.stop()));
    }
  }
}
