/** The page to try Convoke: wires the address, the key and the forms to a conversation. */
import { LIMITS } from '../../src/contracts/public.ts';
import { Conversation } from './conversation.ts';
import { part, setText } from './dom.ts';
import { readPlace, tabStorage } from './place.ts';
import { setUpStartForm } from './start-form.ts';

const KEY_ITEM = 'convoke-page:key';
/** The key of `convoke dev`. */
const DEV_KEY = 'dev';

const storage = tabStorage();
const key = part('key', HTMLInputElement);
const text = part('text', HTMLTextAreaElement);
const announcer = part('announcer', HTMLElement);
let conversation: Conversation | null = null;

function announce(said: string): void {
  announcer.textContent = said;
}

/** Begins anew with what the address and the key say now. */
function follow(): void {
  conversation?.stop();
  const place = readPlace();
  document.title = `${place.session} · Convoke`;
  setText(part('session', HTMLElement), place.session);
  conversation = new Conversation(place, key.value, announce);
}

/** As high as its text, up to what the style allows. */
function fitText(): void {
  text.style.height = 'auto';
  text.style.height = `${text.scrollHeight}px`;
}

function submit(): void {
  const said = text.value.trim();
  if (said === '' || !conversation?.send(said)) return;
  text.value = '';
  fitText();
}

function setUpComposer(): void {
  text.maxLength = LIMITS.messageChars;
  text.addEventListener('input', fitText);
  text.addEventListener('keydown', (event) => {
    // While an input method composes, Enter belongs to it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  part('composer', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
    text.focus();
  });
}

function setUpHeader(): void {
  const copy = part('copy', HTMLButtonElement);
  copy.addEventListener('click', () => {
    const done = (word: string): void => {
      setText(copy, word);
      announce(word);
      setTimeout(() => setText(copy, 'Copy link'), 1_500);
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
    history.pushState(null, '', location.pathname + location.search);
    follow();
  });
}

/** The panel behind the pill: closes by Escape and by a press elsewhere. */
function setUpPanel(): void {
  const panel = part('connection', HTMLDetailsElement);
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    panel.open = false;
    part('pill', HTMLElement).focus();
  });
  document.addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && !panel.contains(target)) panel.open = false;
  });
  part('access', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    storage?.setItem(KEY_ITEM, key.value);
    panel.open = false;
    follow();
  });
  part('close', HTMLButtonElement).addEventListener('click', () => {
    if (confirm('Close this session for everybody?')) void conversation?.close();
  });
}

key.value = storage?.getItem(KEY_ITEM) ?? DEV_KEY;
setUpHeader();
setUpPanel();
setUpComposer();
setUpStartForm((request) => conversation?.open(request) ?? Promise.resolve());
part('newest', HTMLButtonElement).addEventListener('click', () => {
  const main = part('main', HTMLElement);
  main.scrollTo({ top: main.scrollHeight });
});
part('main', HTMLElement).addEventListener('scroll', () => {
  const main = part('main', HTMLElement);
  if (main.scrollHeight - main.scrollTop - main.clientHeight < 8)
    part('newest', HTMLButtonElement).hidden = true;
});
addEventListener('hashchange', follow);
follow();
