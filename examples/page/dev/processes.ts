/** In development the page can kill the processes of the stack and measure what that costs. Anywhere else this part is absent. */
import type { Api } from '../api.ts';
import { el, KeyedList, part, setText } from '../dom.ts';
import type { Health } from '../health.ts';
import { Recovery } from './recovery.ts';

/** As the gateway tells it. `since`: when it became ready; absent: it is not. */
interface DevProcess {
  readonly name: string;
  readonly kind: 'worker' | 'gateway' | 'redis' | 'temporal';
  readonly since?: number;
  readonly backAfterMs?: number;
}

/** How often the supervisor is asked: usually, and while something is being killed, ms. */
const EVERY_MS = 5_000;
const BUSY_MS = 250;
/** Recoveries that stay on the screen. */
const SHOWN = 3;

const ABOUT: Readonly<Record<DevProcess['kind'], string>> = {
  worker: 'runs the agents',
  gateway: 'holds the connections',
  redis: 'holds what is being said',
  temporal: 'holds the sessions',
};

class ProcessView {
  readonly node: HTMLElement;
  readonly #about = el('span', 'about');
  readonly #button = el('button', '', 'Kill');

  constructor(name: string, kill: () => void) {
    this.#button.type = 'button';
    this.#button.ariaLabel = `Kill ${name}`;
    this.#button.addEventListener('click', kill);
    this.node = el('li', '', el('strong', '', name), this.#about, this.#button);
  }

  set({ kind, since }: DevProcess): void {
    setText(this.#about, since === undefined ? 'is starting again' : ABOUT[kind]);
    this.#button.disabled = since === undefined;
  }
}

interface Measured {
  readonly recovery: Recovery;
  /** Since when the process that was killed had been ready. */
  readonly since: number;
  readonly node: HTMLElement;
}

export class Processes {
  readonly #panel = part('dev', HTMLDetailsElement);
  readonly #list = new KeyedList<ProcessView>(part('processes', HTMLElement));
  readonly #recoveries = part('recoveries', HTMLElement);
  readonly #health: Health;
  readonly #isAnswering: () => boolean;
  #api: Api | null = null;
  #known: readonly DevProcess[] = [];
  #measured: Measured[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(health: Health, isAnswering: () => boolean) {
    this.#health = health;
    this.#isAnswering = isAnswering;
  }

  /** With this key, and for another conversation: what was measured in the one before is told. */
  use(api: Api): void {
    this.#api = api;
    const over = this.#measured.filter(({ recovery }) => recovery.isOver(performance.now()));
    for (const { node } of over) node.remove();
    this.#measured = this.#measured.filter((each) => !over.includes(each));
    void this.#ask();
  }

  /** Something of the session has arrived. */
  heard(endsTurn: boolean): void {
    for (const { recovery } of this.#measured) recovery.heard(performance.now(), endsTurn);
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    const processes = await this.#api?.call<readonly DevProcess[]>('/dev/processes').catch(() => null);
    if (Array.isArray(processes)) this.#set(processes as readonly DevProcess[]);
    this.#draw();
    const busy = this.#measured.some(({ recovery }) => !recovery.isOver(performance.now()));
    clearTimeout(this.#timer);
    // Without a supervisor there never will be one.
    if (!this.#panel.hidden) this.#timer = setTimeout(() => void this.#ask(), busy ? BUSY_MS : EVERY_MS);
  }

  #set(processes: readonly DevProcess[]): void {
    this.#panel.hidden = processes.length === 0;
    const views = this.#list.set(
      processes.map(({ name }) => name),
      (name) => new ProcessView(name, () => void this.#kill(name)),
    );
    views.forEach((view, index) => {
      const each = processes[index];
      if (each) view.set(each);
    });
    this.#known = processes;
    const workers = processes.filter(({ kind }) => kind === 'worker');
    this.#health.tell('worker', workers.length > 0 && workers.every(({ since }) => since === undefined));
    for (const { recovery, since } of this.#measured) {
      const found = processes.find(({ name }) => name === recovery.name);
      if ((found?.since ?? 0) > since) recovery.back(performance.now(), found?.backAfterMs ?? 0);
    }
  }

  async #kill(name: string): Promise<void> {
    const since = this.#known.find((each) => each.name === name)?.since ?? 0;
    const recovery = new Recovery(name, performance.now(), this.#isAnswering());
    const node = el('p', 'recovery');
    this.#recoveries.append(node);
    this.#measured = [...this.#measured, { recovery, since, node }];
    for (const old of this.#measured.slice(0, -SHOWN)) old.node.remove();
    this.#measured = this.#measured.slice(-SHOWN);
    this.#panel.open = false;
    // The gateway may die before it can answer.
    await this.#api?.call(`/dev/processes/${name}/kill`, 'POST').catch(() => undefined);
    await this.#ask();
  }

  #draw(): void {
    for (const { recovery, node } of this.#measured) {
      setText(node, recovery.text());
      node.dataset['over'] = String(recovery.isOver(performance.now()));
    }
  }
}
