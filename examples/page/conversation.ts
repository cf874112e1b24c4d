/** Follows one session over one connection and draws it. Everything on the screen comes from the view, the outbox and the status. */
import { connect } from '../../src/client/index.ts';
import type { Client, Session } from '../../src/client/index.ts';
import { LIMITS, workflowId } from '../../src/contracts/public.ts';
import type { OpenRequest, SessionView } from '../../src/contracts/public.ts';
import { ConnectionView } from './connection-view.ts';
import { KeyedList, part, setText } from './dom.ts';
import { tabStorage } from './place.ts';
import type { Place } from './place.ts';
import { RowView } from './row-view.ts';
import type { RowActions } from './row-view.ts';
import { rowsOf } from './rows.ts';
import { Unseen } from './unseen.ts';

/** Nearer to the end than this, the screen follows what is written, px. */
const FOLLOW_PX = 96;
/** One object, so that rows can see that it is the same. */
const NOBODY: readonly string[] = [];

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof Error && 'code' in error ? `${String(error.code)}: ${message}` : message;
}

function codeOf(error: Error | undefined): unknown {
  return error && 'code' in error ? error.code : undefined;
}

export class Conversation {
  readonly #place: Place;
  readonly #client: Client;
  readonly #session: Session;
  readonly #unseen: Unseen;
  readonly #connection: ConnectionView;
  readonly #rowsNode = part('rows', HTMLElement);
  readonly #rows: KeyedList<RowView>;
  readonly #stops: readonly (() => void)[];
  readonly #announce: (text: string) => void;
  #notice = '';
  /** It was started from here: who did that wants to write next. */
  #started = false;
  #frame = 0;

  constructor(place: Place, key: string, announce: (text: string) => void) {
    this.#place = place;
    this.#announce = announce;
    this.#connection = new ConnectionView(announce);
    this.#connection.setGateways(place.gateways);
    this.#rowsNode.replaceChildren();
    this.#rows = new KeyedList(this.#rowsNode);
    const storage = tabStorage();
    this.#client = connect({ url: place.gateways, token: key, ...(storage ? { storage } : {}) });
    this.#session = this.#client.session(place.session);
    this.#unseen = new Unseen(place.session, storage);
    this.#unseen.pending(this.#session.pending);
    const draw = (): void => this.#draw();
    this.#stops = [
      this.#client.on('status', draw),
      this.#session.on('status', draw),
      this.#session.on('view', draw),
      this.#session.on('pending', (pending) => {
        this.#unseen.pending(pending);
        draw();
      }),
      this.#session.on('receipt', (receipt) => {
        this.#unseen.receipt(receipt);
        draw();
      }),
    ];
    draw();
  }

  /** Ends it. Unsent messages stay in the tab's storage for the next time. */
  stop(): void {
    for (const stop of this.#stops) stop();
    cancelAnimationFrame(this.#frame);
    this.#connection.stop();
    this.#client.close();
  }

  /** Takes a message. False if it was not taken: it must stay where it was written. */
  send(text: string): boolean {
    if (this.#session.pending.length >= LIMITS.inboxMessages) {
      this.#tell('Too many messages wait to be sent.');
      return false;
    }
    // Its fate is told by receipts.
    this.#session.send(text).catch(() => undefined);
    this.#toEnd();
    return true;
  }

  async open(request: OpenRequest): Promise<void> {
    await this.#try(async () => {
      this.#started = true;
      await this.#client.open({ ...request, id: this.#place.session });
    });
  }

  async close(): Promise<void> {
    await this.#try(() => this.#session.close());
  }

  readonly #actions: RowActions = {
    cancel: (turn) => void this.#try(() => this.#session.cancel(turn)),
    dismiss: (messageId) => {
      this.#unseen.dismiss(messageId);
      this.#draw();
    },
    announce: (text) => this.#announce(text),
  };

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      this.#tell('');
      await work();
    } catch (error) {
      // Somebody else was faster: then this is their session, and it can be joined.
      if (error instanceof Error && codeOf(error) === 'session_exists') this.#session.refresh();
      else this.#tell(describe(error));
    }
  }

  #tell(notice: string): void {
    this.#notice = notice;
    this.#draw();
  }

  /** Draws once for all that happens before the next frame. */
  #draw(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawNow();
    });
  }

  #drawNow(): void {
    const { view, status } = this.#session;
    const atEnd = isAtEnd();
    this.#connection.set(this.#client.status, status);
    this.#drawRows(view);
    this.#drawProblem();
    const absent = codeOf(status.error) === 'session_not_found' && this.#client.status.state !== 'closed';
    part('start', HTMLFormElement).hidden = !absent;
    this.#drawComposer(view, absent);
    this.#drawLinks(view);
    if (atEnd && view) this.#toEnd();
    part('newest', HTMLButtonElement).hidden = !view || isAtEnd();
  }

  #drawRows(view: SessionView | null): void {
    const rows = rowsOf(view, this.#unseen.list(view));
    const agents = view?.agents ?? NOBODY;
    const views = this.#rows.set(
      rows.map((row) => row.key),
      () => new RowView(this.#actions),
    );
    views.forEach((each, index) => {
      const row = rows[index];
      if (row) each.set(row, agents);
    });
    const hint = part('hint', HTMLElement);
    const text = this.#hint(view, rows.length > 0);
    hint.hidden = text === '';
    setText(hint, text);
  }

  #hint(view: SessionView | null, hasRows: boolean): string {
    if (!view) return this.#session.status.state === 'subscribing' ? 'Joining the session …' : '';
    if (view.asked.length > 0)
      return view.asked.map(({ name, text }) => `${name} is asked: ${text}`).join(' · ');
    if (hasRows) return view.truncated ? 'Older messages are in the API’s list of events.' : '';
    return view.status === 'closed' ? 'Nothing was said.' : `Say something to ${listOf(view.agents)}.`;
  }

  #drawProblem(): void {
    const node = part('problem', HTMLElement);
    const { state, error } = this.#client.status;
    const failed = this.#session.status.state === 'failed' ? this.#session.status.error : undefined;
    let text = this.#notice;
    if (state === 'closed') text = error ? describe(error) : 'The connection is closed.';
    else if (failed && codeOf(failed) !== 'session_not_found') text = describe(failed);
    if (codeOf(error) === 'unauthorized') {
      text += ' Give another key, above.';
      part('connection', HTMLDetailsElement).open = true;
    }
    node.hidden = text === '';
    setText(node, text);
  }

  #drawComposer(view: SessionView | null, absent: boolean): void {
    // A message reopens a session that was interrupted.
    const over = view?.status === 'closing' || view?.status === 'closed';
    const shut = over || absent || this.#client.status.state === 'closed';
    const text = part('text', HTMLTextAreaElement);
    text.disabled = shut;
    text.placeholder = over ? 'This session is closed.' : 'Write a message';
    part('send', HTMLButtonElement).disabled = shut;
    part('composer', HTMLFormElement).hidden = absent;
    if (!view || shut || !this.#started) return;
    this.#started = false;
    text.focus();
  }

  #drawLinks(view: SessionView | null): void {
    const link = part('temporal', HTMLAnchorElement);
    link.hidden = view === null;
    part('close', HTMLButtonElement).hidden = view?.status !== 'open';
    if (!view) return;
    const id = encodeURIComponent(workflowId(view));
    link.href = `${this.#place.workflows}/${id}`;
  }

  #toEnd(): void {
    const main = part('main', HTMLElement);
    main.scrollTop = main.scrollHeight;
  }
}

function isAtEnd(): boolean {
  const main = part('main', HTMLElement);
  return main.scrollHeight - main.scrollTop - main.clientHeight < FOLLOW_PX;
}

function listOf(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? 'the agents';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
