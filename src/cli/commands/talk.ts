/** `convoke send`: send a message and stream the answer. */
import { randomBytes } from 'node:crypto';
import type { Client, Session, TurnPiece } from '../../client/index.ts';
import type {
  FilePart,
  FileReference,
  InterjectionPolicy,
  Limits,
  Receipt,
  SessionSummary,
} from '../../contracts/index.ts';
import { waitLine } from '../people.ts';
import { callLine, noteTrouble, placeLine, resultLine } from '../calls.ts';
import { storeFiles } from '../files.ts';
import { CliError } from '../failure.ts';
import { callGateway, connectClient } from '../gateway-api.ts';
import { Transcript } from '../terminal.ts';

export interface SendOptions {
  readonly open?: boolean;
  readonly wait: boolean;
  readonly from?: string;
  /** Paths of files that go along. */
  readonly file?: readonly string[];
  readonly messageId?: string;
  readonly policy?: InterjectionPolicy;
  readonly channel?: string;
  readonly to?: readonly string[];
  /** When it is to be delivered, ms since the Unix epoch. */
  readonly at?: number;
  readonly agents?: readonly string[];
  readonly team?: string;
  readonly limit?: Limits;
  readonly summary?: string;
  /** With `open`, ms. */
  readonly ttl?: number;
  readonly json?: boolean;
}

const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** What only says how a session is opened. */
const OF_OPEN = ['agents', 'team', 'limit', 'summary', 'ttl'] as const;
/** Exit code of a command that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** Throws the gateway's refusal, or the turn's failure. */
export async function send(id: string, text: string, options: SendOptions): Promise<void> {
  if (options.open) await open(id, options);
  else requireNone(options);
  const messageId = options.messageId ?? randomBytes(12).toString('base64url');
  const { from, policy, at: deliverAt, channel, to, file: paths = [] } = options;
  const files = await storeFiles(id, paths);
  const said =
    files.length === 0 ? { text } : { parts: [{ type: 'text' as const, text }, ...files.map(referenceTo)] };
  const message = {
    ...{ messageId, ...said, ...(from ? { from } : {}), ...(policy ? { policy } : {}) },
    ...(deliverAt === undefined ? {} : { deliverAt }),
    ...(channel === undefined ? {} : { channel }),
    ...(to ? { to } : {}),
  };
  const isAnswered = deliverAt === undefined && channel === undefined && to === undefined;
  if (!options.wait || !isAnswered) {
    const path = `/v1/sessions/${id}/messages`;
    const receipt = await callGateway<Receipt>({ method: 'POST', path, body: message });
    if (options.json) print(receipt);
    else process.stdout.write(`${receipt.status}  ${receipt.messageId}\n`);
    return;
  }
  const client = await connectClient();
  const transcript = new Transcript();
  const told = tellConnection(client, transcript, options);
  const leave = tellGoesOn(id, transcript, options);
  try {
    const session = client.session(id);
    await session.ready();
    if (!options.json) tellTrouble(session, messageId, transcript);
    const calls = new Map<string, string>();
    let answered = false;
    for await (const piece of session.ask(message)) {
      answered ||= piece.type === 'text';
      if (options.json) print(piece);
      else show(piece, transcript, calls);
      if (!options.json && !answered && piece.type === 'ended' && piece.status === 'completed')
        transcript.note(`no agent has answered; see who takes part: npx convoke members ${id}`, 'yellow');
    }
  } finally {
    told();
    leave();
    transcript.end();
    client.close();
  }
}

/** What a message says of a file. */
function referenceTo({ type, file }: FilePart): FileReference {
  return { type, file };
}

/** An option that would be ignored is a mistake. */
function requireNone(options: SendOptions): void {
  const ignored = OF_OPEN.filter((name) => options[name] !== undefined);
  if (ignored.length === 0) return;
  const names = ignored.map((name) => `--${name}`).join(', ');
  throw new CliError(
    'open_missing',
    `${names}: that says how a session is opened. Add --open, or leave it out for a session that is open already.`,
  );
}

/** Says that the gateway is away and is waited for, and that it is back. With `json` on stderr: the answer is on stdout. */
function tellConnection(client: Client, transcript: Transcript, { json }: SendOptions): () => void {
  const say = (text: string): void => {
    if (json) process.stderr.write(`${text}\n`);
    else transcript.note(text, 'yellow');
  };
  let away = false;
  return client.on('status', ({ state }) => {
    if (state === 'offline' && !away)
      say('the gateway does not answer; waiting for it. Nothing is lost: Ctrl-C stops waiting, not the turn');
    if (state === 'online' && away) say('the gateway is back');
    if (state === 'offline' || state === 'online') away = state === 'offline';
  });
}

/** On Ctrl-C: what becomes of the turn. Who stops before the message was accepted finds no turn there. */
function tellGoesOn(id: string, transcript: Transcript, { json }: SendOptions): () => void {
  const listener = (): void => {
    const said = `The turn goes on without this command. Follow it: npx convoke tail ${id}. Stop it: npx convoke cancel ${id}`;
    if (!json) transcript.end();
    process.stderr.write(`\n${said}\n`);
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', listener);
  return () => void process.removeListener('SIGINT', listener);
}

/** An existing session is fine, however it was opened. */
async function open(
  id: string,
  { agents, team, limit: limits, summary, ttl: ttlMs }: SendOptions,
): Promise<void> {
  const body = {
    id,
    ...(agents && { agents }),
    ...(team === undefined ? {} : { team }),
    ...(limits && { limits }),
    ...(summary === undefined ? {} : { summary: { agent: summary } }),
    ...(ttlMs === undefined ? {} : { ttlMs }),
  };
  try {
    await callGateway<SessionSummary>({ method: 'POST', path: '/v1/sessions', body });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'session_exists')) throw error;
  }
}

/** The message's turn waits for a place, or steps of it pause or fail: they are no pieces of the answer. */
function tellTrouble(session: Session, messageId: string, transcript: Transcript): void {
  const tools = new Map<string, string>();
  let turn: string | undefined;
  session.on('event', (event) => {
    if (event.type === 'turn.started' && event.data.messageIds.includes(messageId)) turn = event.turn;
    const { step, agent = '' } = event;
    if (event.type === 'quota.waiting' && event.turn === turn)
      transcript.note(placeLine(event.data), 'yellow');
    if (step === undefined || event.turn !== turn) return;
    if (event.type === 'step.started' && event.data.use) tools.set(step, event.data.use.tool);
    noteTrouble(event, tools.get(step) ?? agent, transcript);
  });
}

/** `calls`: the tools that were called so far, by step. */
function show(piece: TurnPiece, transcript: Transcript, calls: Map<string, string>): void {
  switch (piece.type) {
    case 'reasoning':
      transcript.think(piece.agent, piece.text, piece.step);
      break;
    case 'call':
      calls.set(piece.step, piece.call.tool);
      transcript.note(callLine(piece.agent, piece.call));
      break;
    case 'progress':
      transcript.think(piece.tool, piece.text, piece.step, 'progress');
      break;
    case 'result':
      transcript.note(resultLine(piece.tool, piece.text));
      break;
    case 'text':
      transcript.say(piece.agent, piece.text, piece.step);
      break;
    case 'approval':
      transcript.note(waitLine(piece.approval), 'yellow');
      break;
    case 'withdrawn':
      // Whether a tool is called again is for its `effect` to say.
      if (calls.has(piece.step))
        transcript.note(`the call of ${calls.get(piece.step)} was interrupted`, 'yellow');
      else transcript.note(`${piece.agent} is tried again; ignore what it said above`, 'yellow');
      break;
    case 'ended':
      if (piece.status === 'cancelled') transcript.note('cancelled', 'yellow');
  }
}
