/** What the page says about the engine, in words for people. */
import { ERRORS, POLICIES } from '../../src/contracts/public.ts';
import type {
  InterjectionPolicy,
  Reason,
  SessionSummary,
  StepEntry,
  TurnEntry,
} from '../../src/contracts/public.ts';
import type { Progress } from './rows.ts';

export const PROGRESS: Readonly<Record<Progress, string>> = {
  waiting: 'Not sent yet',
  sending: 'Sending',
  accepted: 'Received',
  scheduled: 'Comes later',
  queued: 'Waits for its turn',
  consumed: 'Being answered',
  done: 'Answered',
  silent: 'Nobody spoke',
  failed: 'Not answered',
  cancelled: 'Stopped',
  superseded: 'Replaced by a newer message',
  rejected: 'Refused',
  withdrawn: 'Withdrawn',
};

const POLICY: Readonly<Record<InterjectionPolicy, string>> = {
  queue: 'wait for its turn',
  steer: 'join this answer',
  interrupt: 'stop this answer, and be next',
  rollback: 'withdraw this answer, and be next',
  merge: 'be answered together with what waits',
  latest: 'replace what waits',
  parallel: 'be answered at the same time',
  reject: 'be refused while they answer',
};

/** What a message that comes during an answer may do, in words; the empty policy leaves it to the session. */
export const POLICY_CHOICES: readonly (readonly [InterjectionPolicy | '', string])[] = [
  ['', 'follow the session’s policy'],
  ...POLICIES.map((policy) => [policy, POLICY[policy]] as const),
];

/** The sentence of a code; the code itself where this page does not know it. */
export function sentenceOf(code: string): string {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as keyof typeof ERRORS].title : code;
}

/** How a session that is not open stands. */
export function statusWord(status: SessionSummary['status']): string {
  return status === 'hibernated' ? 'asleep' : status;
}

/** `0.9 s`, `12 s`, `3 min`. */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

// Made once: making one takes longer than drawing a message.
const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const SECONDS = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

/** `14:03`; with the day if it is not today. */
export function clock(at: number, now = Date.now()): string {
  const [date, today] = [new Date(at), new Date(now)];
  if (date.toDateString() === today.toDateString()) return TIME.format(date);
  return `${DAY.format(date)}, ${TIME.format(date)}`;
}

/** `14:03:59` */
export function toTheSecond(at: number): string {
  return SECONDS.format(at);
}

/** `just now`, `5 min ago`, then the day. */
export function ago(at: number, now = Date.now()): string {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h ago` : clock(at, now);
}

/** `Ann`, `Ann and Ben`, `Ann, Ben and Cleo`. */
export function listOf(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? 'the agents';
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** What a step does, or how it ended if that is not the usual way; empty if it simply ended. */
export function stateOf({ status, text, waiting, finish, use, reason }: StepEntry): string {
  if (waiting)
    return `Pauses until ${new Date(waiting.until).toLocaleTimeString()}: ${sentenceOf(waiting.code)}`;
  if (status === 'running' && use) return 'working';
  if (status === 'running') return text ? 'writing' : 'thinking';
  if (status === 'cancelled') return reason?.code === 'branch_not_needed' ? 'not needed any more' : 'stopped';
  if (status === 'failed') return 'failed';
  if (finish === 'length') return 'cut: the answer was too long';
  return finish === 'filter' ? 'cut by the provider’s filter' : '';
}

/** Why a turn was not answered; empty if it was. */
export function outcomeOf({ status, failure, reason, rolledBack }: TurnEntry): string {
  if (rolledBack) {
    const tools = [...new Set(rolledBack.lasting.map(({ tool }) => tool))];
    const stays = tools.length === 0 ? '' : ` Not undone: what ${listOf(tools)} did.`;
    return `Withdrawn by a later message: the agents do not see it any more.${stays}`;
  }
  if (status === 'cancelled') return reason?.message ?? '';
  if (status !== 'failed') return '';
  return failure ? failureText(failure) : sentenceOf('internal');
}

/** A failure in a sentence, with what the code of the agent or tool said, unless that is the same. */
export function failureText({ code, message }: { readonly code: string; readonly message: string }): string {
  const sentence = sentenceOf(code);
  return message === '' || message === sentence ? sentence : `${sentence} ${message}`;
}

/** Why an attempt ended, after a colon. */
export function becauseOf({ code, message }: Reason): string {
  if (code === 'worker_stopped') return 'its worker was shut down';
  return /worker.*lost/i.test(message) ? 'its worker died' : message.replace(/\.$/, '');
}

/** The code of an error of the SDK. */
export function codeOf(error: Error | undefined): string | undefined {
  return error && 'code' in error ? String(error.code) : undefined;
}

export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return failureText({ code: codeOf(error) ?? error.message, message: error.message });
}
