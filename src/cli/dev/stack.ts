/** The processes of a development stack together: started where they can be at the same time, stopped in their order. */
import { Child } from './child.ts';
import type { ChildNews, ChildSpec, RestartPace } from './child.ts';
import type { ProcessKind, ProcessState } from './state.ts';

/** What is needed last goes last: no work comes in, then none is left, then nobody needs the servers. */
const STOP_ORDER: readonly (readonly ProcessKind[])[] = [['gateway'], ['worker'], ['redis', 'temporal']];

export interface StackOptions {
  readonly tell: (name: string, news: ChildNews) => void;
  /** What `ps` would show has changed. */
  readonly changed: () => void;
  readonly pace?: RestartPace;
}

export class Stack {
  readonly #options: StackOptions;
  readonly #children: Child[] = [];
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

  /** Starts a process and keeps it up; resolves when it is ready. Throws `start_failed`. Does nothing once the stack is being stopped. */
  async start(spec: ChildSpec): Promise<void> {
    if (this.isStopping()) return;
    const { tell, changed, pace } = this.#options;
    const child = new Child(spec, (news) => tell(spec.name, news), changed, pace);
    this.#children.push(child);
    await child.start();
  }

  /** Stops everything, once however often it is called. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stopInOrder());
  }

  /** Ends everything at once. For the moment in which this process itself ends. */
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
