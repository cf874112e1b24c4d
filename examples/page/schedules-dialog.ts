/** The tenant's schedules: messages that are sent again and again, each with what can be done about it. */
import type { Schedules } from '../../src/client/index.ts';
import { LIMITS } from '../../src/contracts/public.ts';
import type { ScheduleAct, ScheduleSummary } from '../../src/contracts/public.ts';
import { el, KeyedList, part, setText } from './dom.ts';
import { clock } from './words.ts';

type Act = (act: ScheduleAct) => void;

class Item {
  readonly node: HTMLElement;
  readonly #about = el('p', 'soft');
  readonly #said = el('p', 'text');
  readonly #pause = el('button');
  #paused = false;

  constructor(id: string, act: Act) {
    this.#pause.type = 'button';
    this.#pause.addEventListener('click', () => act(this.#paused ? 'resume' : 'pause'));
    const fire = button('Fire now', () => act('trigger'));
    const remove = button('Delete', () => {
      if (confirm(`Delete the schedule ${id}? What it has sent stays.`)) act('remove');
    });
    const buttons = el('p', 'links', this.#pause, fire, remove);
    for (const each of buttons.children) each.setAttribute('aria-describedby', `schedule-${id}`);
    const title = el('strong', '', id);
    title.id = `schedule-${id}`;
    this.node = el('li', '', title, this.#said, this.#about, buttons);
  }

  set(schedule: ScheduleSummary): void {
    const { session, message, paused } = schedule;
    this.#paused = paused;
    setText(this.#pause, paused ? 'Resume' : 'Pause');
    const where = session === undefined ? 'To a new session each time' : `To ${session}`;
    setText(this.#said, `${where}: “${message.text ?? 'data'}”`);
    setText(this.#about, timesOf(schedule));
  }
}

function button(word: string, press: () => void): HTMLButtonElement {
  const node = el('button', '', word);
  node.type = 'button';
  node.addEventListener('click', press);
  return node;
}

/** `Next at 14:03 · 0 9 * * * (UTC)`. */
function timesOf({ paused, next, cron, zone = 'UTC' }: ScheduleSummary): string {
  const [first] = next;
  const when = first === undefined ? 'Never again' : `Next at ${clock(first)}`;
  return `${paused ? 'Paused' : when} · ${cron} (${zone})`;
}

/** A schedule after it was changed; null: it is gone. The list of the server lags behind. */
function changed(schedule: ScheduleSummary, act: ScheduleAct): ScheduleSummary | null {
  if (act === 'remove') return null;
  return act === 'trigger' ? schedule : { ...schedule, paused: act === 'pause' };
}

export class SchedulesDialog {
  readonly #dialog = part('schedules', HTMLDialogElement);
  readonly #list = new KeyedList<Item>(part('schedule-list', HTMLElement));
  readonly #told = part('schedules-told', HTMLElement);
  readonly #schedules: () => Schedules | undefined;
  #known: readonly ScheduleSummary[] = [];

  /** `schedules`: those of the key that is in use. */
  constructor(schedules: () => Schedules | undefined) {
    this.#schedules = schedules;
    part('schedules-open', HTMLButtonElement).addEventListener('click', () => {
      this.#dialog.showModal();
      void this.#try('Reading the schedules …', () => this.#read());
    });
    part('schedules-close', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
  }

  async #read(): Promise<string> {
    const page = await this.#schedules()?.list({ limit: LIMITS.pageSessions });
    this.#show(page?.data ?? []);
    if (page?.next) return 'There are more: npx convoke schedules shows all of them.';
    return this.#known.length === 0 ? 'No schedules yet.' : '';
  }

  async #act(id: string, act: ScheduleAct): Promise<string> {
    await this.#schedules()?.[act](id);
    this.#show(this.#known.flatMap((each) => (each.id === id ? (changed(each, act) ?? []) : each)));
    const words = { pause: 'is paused', resume: 'fires again', remove: 'is deleted', trigger: 'has fired' };
    return `${id} ${words[act]}.`;
  }

  async #try(meanwhile: string, work: () => Promise<string>): Promise<void> {
    setText(this.#told, meanwhile);
    const told = await work().catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    );
    setText(this.#told, told);
  }

  #show(schedules: readonly ScheduleSummary[]): void {
    this.#known = schedules;
    const items = this.#list.set(
      schedules.map(({ id }) => id),
      (id) => new Item(id, (act) => void this.#try('…', () => this.#act(id, act))),
    );
    items.forEach((item, index) => {
      const schedule = schedules[index];
      if (schedule) item.set(schedule);
    });
  }
}
