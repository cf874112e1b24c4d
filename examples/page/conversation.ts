/** Follows one session over one connection and draws it. Everything on the screen comes from the view, the outbox and the status. */
import { connect } from '../../src/client/index.ts';
import { filesOf } from '../../src/client/files.ts';
import type { Client, ClientOptions, OutgoingMessage, Schedules, Session } from '../../src/client/index.ts';
import { endsTurn, LIMITS, workflowId } from '../../src/contracts/public.ts';
import type { FilePart, ForkRequest, OpenRequest, SessionView } from '../../src/contracts/public.ts';
import { ApprovalsView } from './approvals-view.ts';
import { Attempts } from './attempts.ts';
import type { EndedAttempt } from './attempts.ts';
import type { Composer } from './composer.ts';
import { ConnectionView } from './connection-view.ts';
import { KeyedList, part, setText } from './dom.ts';
import type { AsPerson } from './person.ts';
import { tabStorage } from './place.ts';
import type { Place } from './place.ts';
import { QuestionsView } from './questions-view.ts';
import { RowView } from './row-view.ts';
import type { RowActions } from './row-view.ts';
import { rowsOf } from './rows.ts';
import { Unseen } from './unseen.ts';
import { codeOf, describe, listOf } from './words.ts';

/** One object, so that views can see that it is the same. */
const NONE: readonly EndedAttempt[] = [];

/** What goes on around a conversation. */
export interface Surroundings {
  readonly composer: Composer;
  readonly as: AsPerson;
  /** Tells somebody who does not see the screen. */
  announce(text: string): void;
  /** Somebody wants to say something else than this, in a session of its own. */
  edit(messageId: string, text: string): void;
  /** Something of the session has arrived. `endsTurn`: nothing more is to be expected. */
  heard(endsTurn: boolean): void;
  /** Shows the end of the conversation, and follows it. */
  toEnd(): void;
  /** The view or the connection has changed. */
  changed(view: SessionView | null, isOffline: boolean): void;
}

export class Conversation {
  readonly #place: Place;
  readonly #around: Surroundings;
  readonly #client: Client;
  readonly #session: Session;
  readonly #unseen: Unseen;
  readonly #attempts = new Attempts();
  readonly #connection: ConnectionView;
  readonly #questions: QuestionsView;
  readonly #approvals: ApprovalsView;
  readonly #rows: KeyedList<RowView>;
  readonly #stops: readonly (() => void)[];
  /** Speakers in the order in which they appeared. */
  readonly #speakers = new Map<string, number>();
  #notice = '';
  /** It was started from here: who did that wants to write next. */
  #started = false;
  #frame = 0;

  constructor(place: Place, token: ClientOptions['token'], around: Surroundings) {
    this.#place = place;
    this.#around = around;
    this.#connection = new ConnectionView((text) => around.announce(text));
    this.#connection.setGateways(place.gateways);
    for (const id of ['rows', 'approvals', 'questions']) part(id, HTMLElement).replaceChildren();
    this.#rows = new KeyedList(part('rows', HTMLElement));
    const { as } = around;
    this.#approvals = new ApprovalsView({
      vote: (approval, how, vote) =>
        as({ name: vote.by, ...vote }, (session) => session[how](approval, vote)),
      announce: (text) => around.announce(text),
    });
    this.#questions = new QuestionsView(({ name, question }, text) => {
      void this.#try(() => as({ name }, (session) => session.send({ text, from: name, answers: question })));
    });
    const storage = tabStorage();
    this.#client = connect({
      url: place.gateways,
      token,
      ...(storage ? { storage } : {}),
    });
    this.#session = this.#client.session(place.session);
    this.#unseen = new Unseen(place.session, storage);
    this.#unseen.pending(this.#session.pending);
    this.#stops = this.#listen();
    around.toEnd();
    this.#draw();
  }

  #listen(): readonly (() => void)[] {
    const session = this.#session;
    const draw = (): void => this.#draw();
    return [
      this.#client.on('status', draw),
      session.on('status', draw),
      session.on('event', (event) => {
        this.#attempts.heard(event);
        this.#around.heard(endsTurn(event.type));
      }),
      session.on('delta', () => this.#around.heard(false)),
      session.on('view', (view) => {
        this.#attempts.seen(view);
        draw();
      }),
      session.on('pending', (pending) => {
        this.#unseen.pending(pending);
        draw();
      }),
      session.on('receipt', (receipt) => {
        this.#unseen.receipt(receipt);
        draw();
      }),
    ];
  }

  /** The gateway that it is connected to, or tries to reach. */
  get url(): string {
    return this.#client.status.url;
  }

  get isAnswering(): boolean {
    return this.#session.view?.turns.some(({ status }) => status === 'running') ?? false;
  }

  get schedules(): Schedules {
    return this.#client.schedules;
  }

  /** Ends it. Unsent messages stay in the tab's storage for the next time. */
  stop(): void {
    for (const stop of this.#stops) stop();
    cancelAnimationFrame(this.#frame);
    this.#connection.stop();
    this.#client.close();
  }

  /** Takes a message. False if it was not taken: it must stay where it was written. */
  send(message: OutgoingMessage): boolean {
    if (this.#session.pending.length >= LIMITS.inboxMessages) {
      this.#tell('Too many messages wait to be sent.');
      return false;
    }
    // Its fate is told by receipts.
    this.#session.send(message).catch(() => undefined);
    this.#around.toEnd();
    return true;
  }

  attach(file: File): Promise<FilePart> {
    return filesOf(this.#session).upload(file);
  }

  async open(request: OpenRequest): Promise<void> {
    await this.#try(async () => {
      this.#started = true;
      await this.#client.open({ ...request, id: this.#place.session });
    });
  }

  /** A session that goes on from here; resolves with its id. Throws what the SDK's `fork` throws. */
  async fork(request: ForkRequest): Promise<string> {
    return (await this.#session.fork(request)).id;
  }

  async close(): Promise<void> {
    await this.#try(() => this.#session.close());
  }

  async reopen(): Promise<void> {
    await this.#try(() => this.#session.reopen());
  }

  async #wake(turn: string): Promise<void> {
    const { status } = await this.#session.wake(turn);
    if (status === 'none') this.#tell('The team was not asleep: it is at work, or waits for a worker.');
  }

  readonly #actions: RowActions = {
    cancel: (turn) => void this.#try(() => this.#session.cancel(turn)),
    wake: (turn) => void this.#try(() => this.#wake(turn)),
    dismiss: (messageId) => {
      this.#unseen.dismiss(messageId);
      this.#draw();
    },
    unschedule: (messageId) => void this.#try(() => this.#session.unschedule(messageId)),
    edit: (messageId, text) => this.#around.edit(messageId, text),
    download: async (file) => (await filesOf(this.#session).download(file)).blob(),
    announce: (text) => this.#around.announce(text),
    ended: (step) => this.#attempts.of(step) ?? NONE,
    colour: (agent) => {
      const colour = this.#speakers.get(agent) ?? this.#speakers.size;
      this.#speakers.set(agent, colour);
      return colour;
    },
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
    const { state } = this.#client.status;
    this.#connection.set(this.#client.status, status);
    this.#drawRows(view);
    this.#approvals.set(this.#session.approvals);
    this.#questions.set(view?.asked ?? []);
    this.#drawProblem();
    const absent = codeOf(status.error) === 'session_not_found' && state !== 'closed';
    part('start', HTMLFormElement).hidden = !absent;
    this.#around.composer.set({ view, absent, refused: state === 'closed' });
    if (view && this.#started) {
      this.#started = false;
      this.#around.composer.focus();
    }
    this.#drawHead(view);
    this.#around.changed(view, state === 'offline');
  }

  #drawRows(view: SessionView | null): void {
    for (const agent of view?.agents ?? []) this.#actions.colour(agent);
    const rows = rowsOf(view, this.#unseen.list(view));
    const views = this.#rows.set(
      rows.map((row) => row.key),
      () => new RowView(this.#actions),
    );
    views.forEach((each, index) => {
      const row = rows[index];
      if (row) each.set(row);
    });
    const hint = part('hint', HTMLElement);
    const text = this.#hint(view, rows.length > 0);
    hint.hidden = text === '';
    setText(hint, text);
  }

  #hint(view: SessionView | null, hasRows: boolean): string {
    if (!view) return this.#session.status.state === 'subscribing' ? 'Joining the session …' : '';
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

  #drawHead(view: SessionView | null): void {
    const link = part('temporal', HTMLAnchorElement);
    link.hidden = view === null;
    part('close', HTMLButtonElement).hidden = view?.status !== 'open';
    part('fork', HTMLButtonElement).hidden = view === null;
    setText(part('members', HTMLElement), view ? membersOf(view) : '');
    const parent = part('parent', HTMLAnchorElement);
    parent.hidden = !view?.parent;
    if (!view) return;
    setText(parent, `fork of ${view.parent?.session ?? ''}`);
    parent.href = `#session=${view.parent?.session ?? ''}`;
    link.href = `${this.#place.workflows}/${encodeURIComponent(workflowId(view))}`;
  }
}

/** `scout, editor · sequence`. */
function membersOf({ members, team }: SessionView): string {
  const names = members.map(({ name, status }) => (status === 'paused' ? `${name} (paused)` : name));
  return [names.join(', '), team.name].join(' · ');
}
