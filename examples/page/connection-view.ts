/** The pill and the panel behind it: where the connection stands, which gateway, how the session was joined. */
import type { ClientStatus, SessionStatus } from '../../src/client/index.ts';
import { el, part, setText } from './dom.ts';

/** How often a countdown is shown anew, ms. */
const TICK_MS = 250;

function hostOf(url: string): string {
  return url.replace(/^https?:\/\//, '');
}

export class ConnectionView {
  readonly #pill = part('pill', HTMLElement);
  readonly #state = part('state', HTMLElement);
  readonly #how = part('how', HTMLElement);
  readonly #gateways = part('gateways', HTMLElement);
  readonly #announce: (text: string) => void;
  #status: ClientStatus | null = null;
  /** When the next attempt starts, on the clock of `performance.now()`. */
  #retryAt = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(announce: (text: string) => void) {
    this.#announce = announce;
  }

  setGateways(urls: readonly string[]): void {
    this.#gateways.replaceChildren(...urls.map((url) => el('li', '', hostOf(url))));
  }

  set(status: ClientStatus, session: SessionStatus): void {
    if (status !== this.#status) this.#changed(status);
    setText(this.#how, howOf(status, session));
    this.#write();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #changed(status: ClientStatus): void {
    const before = this.#status;
    this.#status = status;
    this.#retryAt = performance.now() + (status.retryInMs ?? 0);
    clearInterval(this.#timer);
    if (status.state === 'offline') this.#timer = setInterval(() => this.#write(), TICK_MS);
    this.#pill.dataset['state'] = status.state;
    for (const item of this.#gateways.children) {
      const here = item.textContent === hostOf(status.url);
      if (here) item.setAttribute('aria-current', 'true');
      else item.removeAttribute('aria-current');
    }
    if (before && status.state !== 'connecting' && status.state !== before.state) {
      this.#announce(`Connection: ${status.state}`);
    }
  }

  #write(): void {
    const { state = 'connecting', error } = this.#status ?? {};
    const seconds = Math.ceil(Math.max(this.#retryAt - performance.now(), 0) / 1000);
    if (state === 'offline') setText(this.#state, `Offline · again in ${seconds} s`);
    else if (state === 'online') setText(this.#state, 'Connected');
    else if (state === 'closed') setText(this.#state, error ? 'Refused' : 'Closed');
    else setText(this.#state, 'Connecting');
  }
}

function howOf({ state, url, reason }: ClientStatus, session: SessionStatus): string {
  const host = hostOf(url);
  if (state === 'connecting') return `Connecting to ${host}.`;
  if (state === 'offline') return `Lost ${host}: ${reason ?? 'unknown'}.`;
  if (state === 'closed') return `Closed at ${host}: ${reason ?? 'by this page'}.`;
  if (session.state === 'subscribing') return `Joining through ${host}.`;
  if (session.state === 'queued') return `Connected to ${host}, which follows as many sessions as it can.`;
  if (session.state !== 'live') return `Connected to ${host}.`;
  return session.mode === 'resume'
    ? `Resumed through ${host}: what was missed came as events.`
    : `Joined through ${host} with a snapshot.`;
}
