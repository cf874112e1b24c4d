/** What the list tells of a session, from its view. Pure. */
import type { SessionView, StepEntry } from '../../../../src/contracts/public.ts';

/** What a session waits for. */
export type WaitKind = 'approval' | 'person' | 'provider' | 'quota' | 'queue' | 'schedule';

export const WAITS: Readonly<Record<WaitKind, string>> = {
  approval: 'an approval',
  person: 'a person’s answer',
  provider: 'the provider',
  quota: 'a place (quota)',
  queue: 'a running turn',
  schedule: 'its time',
};

export interface Facts {
  readonly agents: readonly string[];
  readonly people: readonly string[];
  readonly messages: number;
  /** Turns that run now. */
  readonly running: number;
  readonly waits: readonly WaitKind[];
  /** Its newest turn has failed. */
  readonly hasFailed: boolean;
  /** What is said of its turns: `low` if somebody gives a thumb down, or less than half of the score. Absent: nothing. */
  readonly feedback?: 'low' | 'good';
  /** Labels of feedback. */
  readonly labels: readonly string[];
  /** Agents that are at work now. */
  readonly speaking: readonly string[];
  /** Since when the first of them has not said a word, ms; absent: all have. Tools are not meant. */
  readonly silentSince?: number;
  /** One of them has said something, or a tool runs. */
  readonly isSaying: boolean;
  /** When the oldest message came that has no answer yet, ms; absent: there is none. */
  readonly unansweredSince?: number;
  readonly tokens: number;
  readonly cost: number;
  /** The newest text, for the list. */
  readonly preview: string;
  /** When something happened last, ms. */
  readonly lastAt: number;
  /** When turns came forward last, as far as it was seen, ms: messages that come meanwhile do not count. */
  readonly workedAt: number;
  /** Changes when turns come forward. */
  readonly progress: string;
  /** The sums are of the newest entries alone. */
  readonly isPartial: boolean;
}

const PREVIEW_CHARS = 160;
/** Scores go from 0 to 1. */
const LOW_SCORE = 0.5;

function waitsOf(view: SessionView, steps: readonly StepEntry[]): WaitKind[] {
  const waits: WaitKind[] = [];
  if (view.approvals.length > 0) waits.push('approval');
  if (view.asked.length > 0) waits.push('person');
  if (steps.some(({ status, waiting }) => status === 'running' && waiting)) waits.push('provider');
  if (view.turns.some(({ status, waiting }) => status === 'running' && waiting)) waits.push('quota');
  if (view.entries.some(({ kind, status }) => kind === 'message' && status === 'queued')) waits.push('queue');
  if (view.entries.some(({ status }) => status === 'scheduled')) waits.push('schedule');
  return waits;
}

function feedbackOf({ feedback = [] }: SessionView): Pick<Facts, 'feedback' | 'labels'> {
  const isLow = feedback.some(({ thumb, score = 1 }) => thumb === 'down' || score < LOW_SCORE);
  const labels = feedback.flatMap(({ label }) => label ?? []);
  return feedback.length === 0 ? { labels } : { labels, feedback: isLow ? 'low' : 'good' };
}

/** Of what is being said the end, otherwise the beginning; without the marks of Markdown. */
function previewOf(entries: SessionView['entries']): string {
  const newest = entries.findLast((entry) => entry.kind === 'message' || (!entry.use && entry.text !== ''));
  if (!newest) return '';
  const text =
    newest.kind === 'step'
      ? newest.text
      : newest.parts.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join(' ');
  const part = newest.status === 'running' ? text.slice(-PREVIEW_CHARS) : text.slice(0, PREVIEW_CHARS);
  return part
    .replaceAll(/[`*~#>|]+/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Changes with each word that is said, and each step and turn that begins or ends. */
function progressOf({ turns, entries }: SessionView): string {
  const steps = entries.filter((entry): entry is StepEntry => entry.kind === 'step');
  const ended = steps.filter(({ status }) => status !== 'running').length;
  const chars = steps.reduce((sum, { text, reasoning = '' }) => sum + text.length + reasoning.length, 0);
  const newest = turns.findLast(({ status }) => status !== 'cancelled');
  return [turns.length, newest?.status, steps.length, steps.at(-1)?.step, ended, chars].join();
}

function silenceOf(running: readonly StepEntry[]): Pick<Facts, 'silentSince' | 'isSaying'> {
  const silent = running.filter(
    ({ use, text, reasoning, waiting }) => !use && !waiting && text === '' && !reasoning,
  );
  const isSaying = silent.length < running.length;
  return silent.length === 0
    ? { isSaying }
    : { isSaying, silentSince: Math.min(...silent.map(({ at }) => at)) };
}

/** A message that was consumed has an answer once its turn is over. */
function unansweredSince({ turns, entries }: SessionView): Pick<Facts, 'unansweredSince'> {
  const running = new Set(turns.filter(({ status }) => status === 'running').map(({ turn }) => turn));
  const over = new Set(turns.filter(({ status }) => status !== 'running').map(({ turn }) => turn));
  const oldest = entries.find((entry) => {
    if (entry.kind !== 'message') return false;
    const { status, turn = '' } = entry;
    return status === 'consumed'
      ? running.has(turn)
      : (status === 'accepted' || status === 'queued') && !over.has(turn);
  });
  return oldest ? { unansweredSince: oldest.at } : {};
}

/** `before`: what was known up to now; `now`: when this view was heard, ms. Both are absent of a snapshot. */
export function factsOf(view: SessionView, before?: Facts, now = 0): Facts {
  const steps = view.entries.filter((entry): entry is StepEntry => entry.kind === 'step');
  const running = steps.filter(({ status }) => status === 'running');
  const messages = view.entries.filter(({ kind }) => kind === 'message');
  const progress = progressOf(view);
  const heardAt = before && before.progress !== progress ? now : (before?.workedAt ?? 0);
  const workedAt = Math.max(view.createdAt, heardAt, ...steps.map(({ at }) => at));
  return {
    agents: view.agents,
    people: view.members.filter(({ kind }) => kind === 'person').map(({ name }) => name),
    messages: messages.length,
    running: view.turns.filter(({ status }) => status === 'running').length,
    waits: waitsOf(view, steps),
    ...feedbackOf(view),
    hasFailed: view.turns.findLast(({ into }) => into === undefined)?.status === 'failed',
    speaking: [...new Set(running.map(({ agent }) => agent))],
    ...silenceOf(running),
    ...unansweredSince(view),
    tokens: steps.reduce((sum, { usage }) => sum + (usage ? usage.inputTokens + usage.outputTokens : 0), 0),
    cost: steps.reduce((sum, { usage }) => sum + (usage?.cost ?? 0), 0),
    preview: previewOf(view.entries),
    lastAt: Math.max(workedAt, ...view.entries.map(({ at }) => at)),
    workedAt,
    progress,
    isPartial: view.truncated,
  };
}

/** A first token usually comes sooner, ms. */
const SILENT_MS = 3_000;

/** A model was asked a while ago, and has not said a word. */
export function waitsForToken({ silentSince }: Facts, now: number): boolean {
  return silentSince !== undefined && now - silentSince > SILENT_MS;
}

/** A turn that says nothing, and waits for nothing that is known, for so long, ms. */
const STUCK_MS = 60_000;

/** Something runs, nothing is heard of it, and nothing explains that. */
export function isStuck({ running, waits, workedAt }: Facts, now: number): boolean {
  return (
    running > 0 && waits.every((kind) => kind === 'queue' || kind === 'schedule') && now - workedAt > STUCK_MS
  );
}
