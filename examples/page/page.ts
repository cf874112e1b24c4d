/** The page to try Convoke: wires the address, the key and the forms to a conversation. */
import type { SessionView } from '../../src/contracts/public.ts';
import { workflowId } from '../../src/contracts/public.ts';
import { Access } from './access.ts';
import { Api } from './api.ts';
import { Composer } from './composer.ts';
import { Conversation } from './conversation.ts';
import { Processes } from './dev/processes.ts';
import { part, setText } from './dom.ts';
import { EditDialog } from './edit-dialog.ts';
import { EndFollower } from './end-follower.ts';
import { Health } from './health.ts';
import { asPerson } from './person.ts';
import { newId, readPlace, tabStorage } from './place.ts';
import { SchedulesDialog } from './schedules-dialog.ts';
import { newestSession, SessionList } from './session-list.ts';
import { setUpStartForm } from './start-form.ts';

const KEY_ITEM = 'convoke-page:key';
/** The key of `convoke dev`. */
const DEV_KEY = 'dev';
/** How long "Copied" stands on a button, ms. */
const COPIED_MS = 1_500;

const storage = tabStorage();
const key = part('key', HTMLInputElement);
const announcer = part('announcer', HTMLElement);
const banner = part('banner', HTMLElement);
let conversation: Conversation | null = null;

function announce(said: string): void {
  announcer.textContent = said;
}

const base = (): string => conversation?.url ?? location.origin;
const sessions = new SessionList();
const health = new Health(base, (text) => {
  banner.hidden = text === '';
  setText(banner, text);
});
const processes = new Processes(health, () => conversation?.isAnswering ?? false);
const editing = new EditDialog(async (request) => {
  const fork = await conversation?.fork(request);
  if (fork !== undefined) go(fork);
});
new SchedulesDialog(() => conversation?.schedules);
const end = new EndFollower();
const composer = new Composer(
  (message) => conversation?.send(message) ?? false,
  () => conversation?.reopen() ?? Promise.resolve(),
  (file) => conversation?.attach(file) ?? Promise.reject(new Error('There is no session yet.')),
);

function changed(view: SessionView | null, isOffline: boolean): void {
  health.tell('gateway', isOffline);
  if (!view) return;
  const { session, tenant, team, createdAt, status } = view;
  const shown = status === 'closing' ? 'open' : status;
  const summary = { id: session, tenant, team: team.name, createdAt, workflowId: workflowId(view) };
  sessions.show({ ...summary, status: shown });
}

/** Begins anew with what the address and the key say now. */
async function follow(): Promise<void> {
  conversation?.stop();
  composer.forget();
  conversation = null;
  const access = new Access(base, key.value);
  const api = new Api(base, access);
  sessions.use(api);
  processes.use(api);
  const place = readPlace();
  const session = place.session ?? (await newestSession(api)) ?? newId();
  if (session !== place.session) history.replaceState(null, '', `#session=${session}`);
  document.title = `${session} · Convoke`;
  setText(part('session', HTMLElement), session);
  const around = {
    as: asPerson({ ...place, session }, access),
    composer,
    announce,
    changed,
    edit: (messageId: string, said: string) => editing.open(messageId, said),
    toEnd: () => end.toEnd(),
    heard: (endsTurn: boolean) => processes.heard(endsTurn),
  };
  conversation = new Conversation({ ...place, session }, await access.source(), around);
}

function go(session: string): void {
  history.pushState(null, '', `#session=${session}`);
  void follow();
}

function setUpHeader(): void {
  const copy = part('copy', HTMLButtonElement);
  copy.addEventListener('click', () => {
    const done = (word: string): void => {
      setText(copy, word);
      announce(word);
      setTimeout(() => setText(copy, 'Copy link'), COPIED_MS);
    };
    // Only https pages and localhost have a clipboard.
    const { clipboard } = navigator as { clipboard?: Clipboard };
    const writing = clipboard?.writeText(location.href) ?? Promise.reject(new Error('no clipboard'));
    writing.then(
      () => done('Copied'),
      () => done('Copy the address'),
    );
  });
  part('fresh', HTMLAnchorElement).addEventListener('click', (event) => {
    event.preventDefault();
    showSessions(false);
    go(newId());
  });
}

/** Panels behind a button close by Escape and by a press elsewhere. */
function setUpPanel(panel: HTMLDetailsElement): void {
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    panel.open = false;
    panel.querySelector('summary')?.focus();
  });
  document.addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && !panel.contains(target)) panel.open = false;
  });
}

function setUpConnection(): void {
  const panel = part('connection', HTMLDetailsElement);
  part('access', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    storage?.setItem(KEY_ITEM, key.value);
    panel.open = false;
    void follow();
  });
  part('fork', HTMLButtonElement).addEventListener('click', () => {
    panel.open = false;
    void conversation?.fork({}).then(go, (error: unknown) => announce(String(error)));
  });
  part('close', HTMLButtonElement).addEventListener('click', () => {
    if (confirm('Close this session for everybody?')) void conversation?.close();
  });
}

/** On a phone the list of sessions covers the conversation while it is open. */
function showSessions(open: boolean): void {
  document.body.classList.toggle('with-sessions', open);
  part('menu', HTMLButtonElement).ariaExpanded = String(open);
}

function setUpMenu(): void {
  const menu = part('menu', HTMLButtonElement);
  const list = part('sessions', HTMLElement);
  menu.addEventListener('click', () => showSessions(menu.ariaExpanded !== 'true'));
  list.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('a')) showSessions(false);
  });
  document.addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && !list.contains(target) && !menu.contains(target)) showSessions(false);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || menu.ariaExpanded !== 'true') return;
    showSessions(false);
    menu.focus();
  });
}

key.value = storage?.getItem(KEY_ITEM) ?? DEV_KEY;
setUpHeader();
setUpPanel(part('connection', HTMLDetailsElement));
setUpPanel(part('dev', HTMLDetailsElement));
setUpConnection();
setUpMenu();
setUpStartForm((request) => conversation?.open(request) ?? Promise.resolve());
addEventListener('hashchange', () => void follow());
void follow();
