/** Talks to the team from a browser. What is shown follows from the view of the session, which the SDK keeps up to date. */
import { connect } from '@convoke/client';
import { messageText } from '@convoke/client/contracts';
import type { Entry } from '@convoke/client/contracts';

function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${id}`);
  return found;
}

const status = find('status', HTMLElement);
const rows = find('rows', HTMLOListElement);
const text = find('text', HTMLInputElement);

/** Of `npm run dev`; another one: `?gateway=http://127.0.0.1:4000`. The key `dev` works in development only. */
const url = new URLSearchParams(location.search).get('gateway') ?? 'http://127.0.0.1:3000';
const client = connect({ url, token: 'dev', storage: sessionStorage });
client.on('status', ({ state, error }) => {
  const why = error?.message ?? (state === 'offline' ? `no gateway answers at ${url}` : undefined);
  status.textContent = why === undefined ? state : `${state}: ${why}`;
});

/** The address keeps the session: reload the page, or open it in a second window. */
if (location.hash === '') location.hash = crypto.randomUUID();
const id = location.hash.slice(1);
const session = client.session(id);
session.on('view', ({ entries }) => rows.replaceChildren(...entries.filter(isShown).map(rowOf)));

/** An answer that only calls tools has no text: the calls are entries of their own. */
function isShown(entry: Entry): boolean {
  return entry.kind === 'message' || entry.text !== '' || entry.status !== 'completed';
}

function rowOf(entry: Entry): HTMLElement {
  const row = document.createElement('li');
  const who = document.createElement('strong');
  if (entry.kind === 'message') who.textContent = entry.from ?? 'You';
  else who.textContent = entry.use ? `${entry.agent} uses ${entry.use.tool}` : entry.agent;
  const said = entry.kind === 'message' ? messageText(entry.parts) : entry.text;
  const failure = entry.kind === 'step' ? entry.failure?.message : undefined;
  row.append(who, `: ${failure ?? (said || '…')}`);
  return row;
}

find('composer', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  if (text.value.trim() === '') return;
  // Sent as soon as there is a connection, once, in order.
  session.send(text.value).catch(report);
  text.value = '';
});

function report(error: unknown): void {
  status.textContent = error instanceof Error ? error.message : String(error);
}

/** Opening a session again with the same request is harmless. */
async function open(): Promise<void> {
  await client.open({ id, team: 'review', agents: ['analyst', 'editor'] });
}

open().catch(report);
