/** A session on a terminal, for people: running text as it grows, and the rest when a step ends. */
import { readableText, reasonOf, shownText } from '../contracts/index.ts';
import type {
  Delta,
  SessionEvent,
  SessionView,
  StepEntry,
  Summarised,
  ToolCall,
} from '../contracts/index.ts';
import { peopleLine } from './people.ts';
import { callLine, noteTrouble, placeLine, resultLine, rolledBackLine, summaryLine } from './calls.ts';
import { Transcript } from './terminal.ts';

/** Gets everything in order. */
export interface Reader {
  event(event: SessionEvent): void;
  /** Running text has grown. */
  grown(delta: Delta): void;
  /** The log was rebuilt; what follows starts over. */
  reset(): void;
}

/** What a step has said. */
type Said = Pick<StepEntry, 'step' | 'agent' | 'attempt' | 'text' | 'reasoning'>;

/** Has the session as it is when the reader is told. */
export interface Viewed {
  readonly view: SessionView | null;
}

/** One object per line: events unchanged, deltas with a type. */
export function jsonReader(): Reader {
  const print = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  return {
    event: print,
    grown: (delta) => print({ type: 'delta', ...delta }),
    reset: () => print({ type: 'reset' }),
  };
}

function publishedNote(data: Extract<SessionEvent, { type: 'channel.published' }>['data']): string {
  if ('withheld' in data) return 'a direct message between others';
  const { channel, from, to, parts } = data;
  const who = `${from ?? 'user'}${to ? ` to ${to.join(', ')}` : ''}`;
  const objects = parts.flatMap((part) => (part.type === 'data' ? [JSON.stringify(part.data)] : []));
  return `#${channel} ${who}: ${[readableText(parts), ...objects].filter(Boolean).join(' ')}`;
}

function feedbackNote(data: Extract<SessionEvent, { type: 'feedback.given' }>['data']): string {
  if ('withheld' in data) return 'private feedback';
  const { turn, step = turn, by, thumb, score, label, comment, retracted } = data;
  const told = [retracted && 'taken back', thumb, score, label, comment].filter((each) => each !== undefined);
  return `feedback on ${step} by ${by}: ${told.join(', ')}`;
}

/** What waits for a place, forks, is for later, or was published by the application; null: the event tells of none of these. */
function otherNote(event: SessionEvent): string | null {
  if (event.type === 'quota.waiting') return placeLine(event.data);
  if (event.type === 'channel.published') return publishedNote(event.data);
  if (event.type === 'feedback.given') return feedbackNote(event.data);
  if (event.type === 'session.forked') return `forked from ${event.data.session} at ${event.data.seq}`;
  if (event.type !== 'message.scheduled') return null;
  const { deliverAt, parts } = event.data;
  return `for ${new Date(deliverAt).toISOString()}: ${readableText(parts)}`;
}

/** For people: running text as it grows, and the rest when the step ends. */
export class ScreenReader implements Reader {
  readonly #session: Viewed;
  readonly #transcript: Transcript;
  /** What has been shown of each running step. */
  readonly #shown = new Map<string, Omit<Said, 'step' | 'agent'>>();
  /** What each agent was shown, if it was not all. */
  readonly #seen = new Map<string, string>();
  /** Steps that are calls of tools, while they run. */
  readonly #calls = new Map<string, ToolCall>();

  constructor(session: Viewed, transcript = new Transcript()) {
    this.#session = session;
    this.#transcript = transcript;
  }

  event(event: SessionEvent): void {
    const { agent = '', turn = '', step = '', attempt = 1 } = event;
    switch (event.type) {
      case 'session.created':
        this.#transcript.note(`opened with ${event.data.agents.map(({ name }) => name).join(', ')}`);
        break;
      case 'session.members':
      case 'person.asked':
      case 'person.unanswered':
      case 'approval.requested':
      case 'approval.voted':
      case 'approval.decided':
        this.#transcript.note(peopleLine(event));
        break;
      case 'message.accepted':
        this.#transcript.line(event.data.from ?? 'user', readableText(event.data.parts) || '(data)');
        if (event.data.policy) this.#transcript.note(`policy ${event.data.policy}`);
        break;
      case 'message.rejected':
        this.#transcript.note(`message ${event.data.messageId} was rejected: ${event.data.code}`, 'yellow');
        break;
      case 'step.completed':
        this.#completed({ ...event.data, step, agent, attempt }, event.data.summarises);
        if (event.data.finish === 'length' || event.data.finish === 'filter')
          this.#transcript.note(`${agent} was cut short: ${event.data.finish}`, 'yellow');
        if (event.data.shown) this.#saw(agent, shownText(event.data.shown));
        break;
      case 'step.started':
        if (event.data.use && !this.#calls.has(step)) {
          this.#calls.set(step, event.data.use);
          this.#transcript.note(callLine(agent, event.data.use));
        }
        break;
      case 'step.waiting':
      case 'step.failed':
      case 'step.cancelled':
        noteTrouble(event, this.#calls.get(step)?.tool ?? agent, this.#transcript);
        if (event.type !== 'step.waiting') this.#forget(step);
        break;
      case 'turn.merged':
      case 'turn.cancelled':
        this.#transcript.note(this.#unanswered(turn, event), 'yellow');
        break;
      case 'turn.failed':
        this.#transcript.note(`the turn failed: ${event.data.code}`, 'red');
        break;
      case 'session.interrupted':
        this.#transcript.note(
          `interrupted: ${reasonOf(event.data.reason).message} The next message reopens it.`,
          'yellow',
        );
        break;
      case 'session.closed':
        this.#transcript.note(`closed: ${reasonOf(event.data.reason).message}`);
        break;
      default:
        this.#tellOther(otherNote(event));
    }
  }

  /** Once for as long as it stays the same. */
  #saw(agent: string, what: string): void {
    if (this.#seen.get(agent) === what) return;
    this.#seen.set(agent, what);
    this.#transcript.note(`${agent} ${what}`);
  }

  #tellOther(note: string | null): void {
    if (note !== null) this.#transcript.note(note);
  }

  grown({ step }: Delta): void {
    const entry = this.#session.view?.entries.find((each) => each.kind === 'step' && each.step === step);
    if (entry?.kind !== 'step' || entry.status !== 'running' || entry.summarises) return;
    // Of a call its progress is shown, and its result once it is there.
    this.#show(entry.use ? { ...entry, text: '' } : entry);
  }

  reset(): void {
    this.#shown.clear();
    this.#calls.clear();
    this.#transcript.note('the log was rebuilt; here it is from the beginning', 'yellow');
  }

  /** A turn that does not go on, or never begins. */
  #unanswered(
    turn: string,
    { type, data }: Extract<SessionEvent, { type: 'turn.merged' | 'turn.cancelled' }>,
  ): string {
    if (type === 'turn.merged') return `${turn} is part of ${data.into}: ${data.reason.message}`;
    const entry = this.#session.view?.turns.find((each) => each.turn === turn);
    return entry?.rolledBack
      ? rolledBackLine(entry)
      : `${turn} was cancelled: ${reasonOf(data.reason).message}`;
  }

  #completed(said: Said, summarises: Summarised | undefined): void {
    const call = this.#calls.get(said.step);
    if (summarises) this.#transcript.note(summaryLine(summarises, said.text));
    else if (call) this.#transcript.note(resultLine(call.tool, said.text));
    else this.#show(said);
    this.#forget(said.step);
  }

  #show({ step, agent, attempt, text, reasoning = '' }: Said): void {
    const before = this.#shown.get(step) ?? { attempt, text: '' };
    const goesOn = before.text === '' || (before.attempt === attempt && text.startsWith(before.text));
    if (!goesOn) this.#transcript.note(`${agent} is tried again; ignore what it said above`, 'yellow');
    const thought = goesOn && before.attempt === attempt ? (before.reasoning ?? '') : '';
    // An end event may omit the reasoning.
    if (reasoning.startsWith(thought) && reasoning.length > thought.length) {
      const tool = this.#calls.get(step)?.tool;
      const [who, mark] = tool === undefined ? [agent, 'thinks'] : [tool, 'progress'];
      this.#transcript.think(who, reasoning.slice(thought.length), step, mark);
    }
    const more = goesOn ? text.slice(before.text.length) : text;
    if (more) this.#transcript.say(agent, more, step);
    this.#shown.set(step, { attempt, text, reasoning: reasoning || thought });
  }

  #forget(step: string): void {
    this.#shown.delete(step);
    this.#calls.delete(step);
    this.#transcript.end();
  }
}
