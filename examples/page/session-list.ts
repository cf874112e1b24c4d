/** The list of sessions, newest first. */
import type { SessionPage, SessionSummary } from '../../src/contracts/public.ts';
import type { Api } from './api.ts';
import { el, KeyedList, part, setText } from './dom.ts';
import { ago, statusWord } from './words.ts';

/** How often the list is asked for while the page is looked at, ms. */
const EVERY_MS = 15_000;
/** Sessions on one page of the list. */
const PAGE = 30;

class Item {
  readonly node: HTMLElement;
  readonly #link = el('a');
  readonly #name = el('span', 'session-name');
  readonly #about = el('span', 'session-about');

  constructor(id: string) {
    this.#link.href = `#session=${id}`;
    this.#link.append(this.#name, this.#about);
    setText(this.#name, id);
    this.node = el('li', '', this.#link);
  }

  set({ team, status, createdAt }: SessionSummary, isCurrent: boolean): void {
    const words = [...(status === 'open' ? [] : [statusWord(status)]), team, ago(createdAt)];
    setText(this.#about, words.join(' · '));
    this.node.dataset['status'] = status;
    if (isCurrent) this.#link.setAttribute('aria-current', 'page');
    else this.#link.removeAttribute('aria-current');
  }
}

/** The newest session that goes on when somebody speaks; null if there is none, or nobody answers. */
export async function newestSession(api: Api): Promise<string | null> {
  for (const status of ['open', 'hibernated']) {
    const page = await api.call<SessionPage>(`/v1/sessions?status=${status}&limit=1`).catch(() => null);
    if (page?.data[0]) return page.data[0].id;
  }
  return null;
}

export class SessionList {
  readonly #list = new KeyedList<Item>(part('session-list', HTMLElement));
  readonly #older = part('older', HTMLButtonElement);
  #api: Api | null = null;
  #current: SessionSummary | null = null;
  #sessions: readonly SessionSummary[] = [];
  /** The cursor of the next page; null: there is none. */
  #next: string | null = null;
  #hasMore = false;

  constructor() {
    this.#older.addEventListener('click', () => void this.#more());
    setInterval(() => {
      if (document.visibilityState === 'visible') void this.refresh();
    }, EVERY_MS);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') void this.refresh();
    });
  }

  /** Lists with another key from now on. */
  use(api: Api): void {
    this.#api = api;
    this.#sessions = [];
    this.#hasMore = false;
    this.#current = null;
    void this.refresh();
  }

  /** The session on the screen. Its own summary counts: the list lags behind a little. */
  show(current: SessionSummary): void {
    const { id, status } = this.#current ?? {};
    if (id === current.id && status === current.status) return;
    this.#current = current;
    this.#draw();
  }

  async refresh(): Promise<void> {
    const page = await this.#page(null);
    if (!page) return;
    const known = new Set(page.data.map(({ id }) => id));
    this.#sessions = [
      ...page.data,
      ...(this.#hasMore ? this.#sessions.filter(({ id }) => !known.has(id)) : []),
    ];
    if (!this.#hasMore) this.#next = page.next;
    this.#draw();
  }

  async #more(): Promise<void> {
    const page = this.#next === null ? null : await this.#page(this.#next);
    if (!page) return;
    this.#hasMore = true;
    const known = new Set(this.#sessions.map(({ id }) => id));
    this.#sessions = [...this.#sessions, ...page.data.filter(({ id }) => !known.has(id))];
    this.#next = page.next;
    this.#draw();
  }

  async #page(cursor: string | null): Promise<SessionPage | null> {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor === null ? {} : { cursor }) });
    // Whoever cannot list still has the session on the screen; the connection tells what is wrong.
    return this.#api?.call<SessionPage>(`/v1/sessions?${query.toString()}`).catch(() => null) ?? null;
  }

  #draw(): void {
    const current = this.#current;
    const listed = this.#sessions.some(({ id }) => id === current?.id);
    const sessions = current && !listed ? [current, ...this.#sessions] : this.#sessions;
    const items = this.#list.set(
      sessions.map(({ id }) => id),
      (id) => new Item(id),
    );
    items.forEach((item, index) => {
      const session = sessions[index];
      if (!session) return;
      const isCurrent = session.id === current?.id;
      item.set(isCurrent ? current : session, isCurrent);
    });
    this.#older.hidden = this.#next === null;
    part('no-sessions', HTMLElement).hidden = sessions.length > 0;
  }
}
