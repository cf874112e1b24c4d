/** The first session of a development stack: two agents and one message, streamed to the terminal. */
import { randomBytes } from 'node:crypto';
import { connect } from '../../client/index.ts';
import type { TurnPiece } from '../../client/index.ts';
import type { AgentSpec } from '../../contracts/index.ts';
import { duration } from '../terminal.ts';
import type { Screen } from './screen.ts';

/** The key of the tenant `dev`; gateways accept it only in development. */
export const DEV_KEY = 'dev';
export const DEV_TENANT = 'dev';
const QUESTION = 'What happens to this message if a process dies?';
/** The pace of a model that answers quickly, ms a token. */
const PACE_MS = 25;
/** The first answer of a local model may have to load it. */
const ANSWER_MS = 120_000;

const SCRIPTED: readonly AgentSpec[] = [
  {
    name: 'scout',
    runner: 'scripted',
    script: {
      say:
        'Your message is safe: Temporal stored it before it was acknowledged. ' +
        'Kill the worker while I am speaking, and another attempt says it all, once.',
      paceMs: PACE_MS,
    },
  },
  {
    name: 'editor',
    runner: 'scripted',
    script: {
      say: 'In short: stored once, answered once, in order, on every screen. Ask us something else.',
      paceMs: PACE_MS,
    },
  },
];

const MODELS: readonly AgentSpec[] = [
  {
    name: 'scout',
    runner: 'model',
    instructions:
      'You work on Convoke, an engine that keeps conversations of agents alive through crashes because each one is a Temporal workflow. Answer in two short sentences.',
  },
  {
    name: 'editor',
    runner: 'model',
    instructions: 'Say what was said before you again, shorter and clearer, in one sentence.',
  },
];

export interface DemoResult {
  readonly session: string;
  /** From sending the message to the first token at this client, ms. */
  readonly firstTokenMs: number | null;
  readonly totalMs: number;
}

/** Opens the session, sends the message, shows the answer. Throws what the session throws, and `timeout` if the turn does not end. */
export async function runDemo(url: string, model: string | null, screen: Screen): Promise<DemoResult> {
  const agents = model ? MODELS : SCRIPTED;
  const { transcript } = screen;
  const client = connect({ url, token: DEV_KEY });
  try {
    const session = await client.open({ id: demoId(), agents, metadata: { opened: 'by convoke dev' } });
    await session.ready();
    const names = agents.map(({ name }) => name).join(' → ');
    screen.object({ event: 'session', session: session.id });
    screen.line(
      `\n  ${screen.paint('bold', `Session ${session.id}`)}  ${screen.paint('dim', `sequence: ${names}`)}\n`,
    );
    if (!screen.json) transcript.line('you', QUESTION);
    const sentAt = performance.now();
    let firstTokenMs: number | null = null;
    for await (const piece of session.ask(QUESTION, { signal: AbortSignal.timeout(ANSWER_MS) })) {
      if (piece.type === 'text') firstTokenMs ??= Math.round(performance.now() - sentAt);
      show(piece, screen);
    }
    transcript.end();
    return { session: session.id, firstTokenMs, totalMs: Math.round(performance.now() - sentAt) };
  } finally {
    transcript.end();
    client.close();
  }
}

function show(piece: TurnPiece, screen: Screen): void {
  const { transcript } = screen;
  if (screen.json) screen.object({ event: 'piece', ...piece });
  else if (piece.type === 'text') transcript.say(piece.agent, piece.text, piece.step);
  else if (piece.type === 'withdrawn')
    transcript.note(`${piece.agent} is tried again; ignore what it said above`);
}

function demoId(): string {
  return `demo-${randomBytes(3).toString('hex')}`;
}

/** How fast the answer was. */
export function demoSummary({ firstTokenMs, totalMs }: DemoResult, startedMs: number): string {
  const first = firstTokenMs === null ? 'no text' : `first token ${duration(firstTokenMs)} after sending`;
  return `${first} · answer complete after ${duration(totalMs)} · first token ${duration(startedMs)} after the start`;
}
