/** `convoke replay`: plays a session again, from its log or archive, at the pace at which it went. */
import { setTimeout as sleep } from 'node:timers/promises';
import { applyEvent, emptyView, LIMITS, takeDelta } from '../../contracts/index.ts';
import type { Delta, EventPage, SessionEvent, SessionView } from '../../contracts/index.ts';
import { callGateway } from '../gateway-api.ts';
import { momentsOf } from '../replayed.ts';
import type { Moment } from '../replayed.ts';
import { jsonReader, ScreenReader } from '../screen-reader.ts';
import type { Reader } from '../screen-reader.ts';
import { duration, Transcript } from '../terminal.ts';

export interface ReplayOptions {
  readonly speed: number;
  /** The first event that is shown; default: the first of the session. */
  readonly from?: number;
  /** The longest pause, ms. */
  readonly pause: number;
  readonly json?: boolean;
}

/** A pause that was shortened by more is told, ms. */
const TOLD_MS = 10_000;

/** Up to what has happened when it gets there. Throws the gateway's refusal. */
export async function replay(session: string, options: ReplayOptions): Promise<void> {
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  try {
    await new Replay(options, stopped.signal).play(pagesOf(session));
    if (stopped.signal.aborted && !options.json) process.stdout.write('\n');
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  }
}

/** By `seq` alone: between two pages may be hours, in which the log was built anew. */
async function* pagesOf(session: string): AsyncGenerator<readonly SessionEvent[]> {
  let after = 0;
  for (;;) {
    const path = `/v1/sessions/${session}/events`;
    const query = { after: String(after), limit: String(LIMITS.pageEvents) };
    const { data, next }: EventPage = await callGateway<EventPage>({ path, query });
    yield data;
    after = data.at(-1)?.seq ?? after;
    if (next === null || data.length === 0) return;
  }
}

export class Replay {
  view: SessionView | null = null;
  readonly #options: ReplayOptions;
  readonly #stopped: AbortSignal;
  readonly #transcript = new Transcript();
  readonly #reader: Reader;
  #at: number | undefined;

  constructor(options: ReplayOptions, stopped: AbortSignal) {
    this.#options = options;
    this.#stopped = stopped;
    this.#reader = options.json ? jsonReader() : new ScreenReader(this, this.#transcript);
  }

  async play(pages: AsyncIterable<readonly SessionEvent[]>): Promise<void> {
    const { from = 1 } = this.#options;
    for await (const events of pages) {
      // What came before is only folded: what follows fits it.
      for (const event of events.filter(({ seq }) => seq < from)) this.#fold(event);
      for (const moment of momentsOf(events.filter(({ seq }) => seq >= from))) {
        await this.#pause(moment);
        if (this.#stopped.aborted) return;
        this.#tell(moment);
      }
    }
    this.#transcript.end();
  }

  async #pause({ at }: Moment): Promise<void> {
    const { speed, pause, json } = this.#options;
    const lasted = at - (this.#at ?? at);
    this.#at = at;
    const ms = Math.min(lasted / speed, pause);
    if (lasted / speed - ms > TOLD_MS && !json) this.#transcript.note(`${duration(lasted)} later`);
    if (ms >= 1) await sleep(ms, undefined, { signal: this.#stopped }).catch(() => undefined);
  }

  #tell(moment: Moment): void {
    if ('event' in moment) {
      this.#fold(moment.event);
      this.#reader.event(moment.event);
    } else if (this.#grows(moment.delta)) this.#reader.grown(moment.delta);
  }

  #fold(event: SessionEvent): void {
    this.view ??= opened(event);
    // Its log may have been built anew meanwhile: only the order counts.
    if (this.view) this.view = applyEvent(this.view, { ...event, epoch: this.view.position.epoch });
  }

  #grows(delta: Delta): boolean {
    const taken = this.view && takeDelta(this.view, delta);
    if (taken?.fit !== 'new') return false;
    this.view = taken.view;
    return true;
  }
}

function opened(event: SessionEvent): SessionView | null {
  if (event.type !== 'session.created') return null;
  const { team, agents, metadata } = event.data;
  const info = { team, agents: agents as never[], metadata, createdAt: event.at }; // safety: a view needs their names
  return emptyView(event.tenant, event.session, info, { epoch: event.epoch, seq: event.seq - 1 });
}
