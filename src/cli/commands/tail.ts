/** `convoke tail`: what was said in a session, then what is being said, until Ctrl-C or the session's end. */
import type { Session } from '../../client/index.ts';
import { isAfter } from '../../contracts/index.ts';
import type { EventPage, SessionEvent } from '../../contracts/index.ts';
import { callGateway, connectClient } from '../gateway-api.ts';
import { jsonReader, ScreenReader } from '../screen-reader.ts';
import type { Reader } from '../screen-reader.ts';

export interface TailOptions {
  /** Only what comes after this cursor; absent: from the beginning. */
  readonly after?: string;
  readonly json?: boolean;
}

/**
 * Subscribes first and then pages older events, so that nothing falls in between; events that come twice are shown once. Throws what the
 * session throws.
 */
export async function tail(id: string, options: TailOptions): Promise<void> {
  const client = await connectClient();
  try {
    const session = client.session(id);
    const reader = options.json ? jsonReader() : new ScreenReader(session);
    await new Promise<void>((resolve, reject) => {
      follow(session, options.after ?? '0', reader, { end: resolve, fail: reject });
      session.on('status', ({ state, error }) => {
        if (state === 'failed' || state === 'left')
          reject(error ?? new Error('The session cannot be followed.'));
      });
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
    });
    if (!options.json) process.stdout.write('\n');
  } finally {
    client.close();
  }
}

interface Outcome {
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

function follow(session: Session, after: string, reader: Reader, { end, fail }: Outcome): void {
  const waiting: SessionEvent[] = [];
  let told = { epoch: 0, seq: 0 };
  /** Catch-ups that are running or queued; events wait for them. */
  let behind = 0;
  let last: Promise<unknown> = session.ready();
  const tell = (event: SessionEvent): void => {
    if (!isAfter(event, told)) return;
    told = { epoch: event.epoch, seq: event.seq };
    reader.event(event);
    if (event.type === 'session.closed') end();
  };
  /** Catch-ups run one after the other; `from` is called when this one starts. */
  const catchUp = (from: () => string): void => {
    behind++;
    last = last.then(async () => {
      for await (const event of pages(session.id, from())) tell(event);
      if (--behind > 0) return;
      for (const event of waiting.splice(0)) tell(event);
    });
    last.catch(fail);
  };
  session.on('event', (event) => {
    if (behind === 0) tell(event);
    else waiting.push(event);
  });
  session.on('delta', (delta) => {
    if (behind === 0) reader.grown(delta);
  });
  catchUp(() => after);
  session.on('reset', ({ position }) => {
    catchUp(() => {
      // Nothing shown yet: start as requested. Already in this epoch: only what is missing.
      if (told.epoch === 0) return after;
      if (position.epoch <= told.epoch) return `${told.epoch}:${told.seq}`;
      reader.reset();
      return '0';
    });
  });
}

async function* pages(id: string, from: string): AsyncGenerator<SessionEvent, void, void> {
  let after: string | null = from;
  while (after !== null) {
    const page: EventPage = await callGateway<EventPage>({
      path: `/v1/sessions/${id}/events`,
      query: { after, limit: '500' },
    });
    yield* page.data;
    after = page.next;
  }
}
