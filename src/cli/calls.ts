/** Calls of tools, and what goes wrong in a step, in a line each. */
import { counted, reasonOf, turnNumber } from '../contracts/index.ts';
import type {
  FailureInfo,
  QuotaWait,
  SessionEvent,
  Summarised,
  ToolCall,
  TurnEntry,
} from '../contracts/index.ts';
import type { Transcript } from './terminal.ts';

/** Longest arguments and results that are shown, UTF-16 code units. */
const SHOWN_CHARS = 120;

const short = (text: string): string =>
  (text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text)
    .replaceAll(/\s+/g, ' ')
    .toWellFormed();

export function callLine(agent: string, { tool, input }: ToolCall): string {
  return `${agent} calls ${tool} ${short(JSON.stringify(input))}`;
}

export function resultLine(tool: string, text: string): string {
  return `${tool} returns ${short(text)}`;
}

export function summaryLine({ upTo }: Summarised, text: string): string {
  return `summary up to turn ${turnNumber(upTo)}: ${short(text)}`;
}

export function failedLine(who: string, { code, message }: FailureInfo): string {
  return `${who} failed: ${code}: ${message}`;
}

/** Tells of a step that pauses, has failed or was cancelled; of other events nothing. `who`: its agent, or the tool that it calls. */
export function noteTrouble(event: SessionEvent, who: string, transcript: Transcript): void {
  switch (event.type) {
    case 'step.waiting':
      transcript.note(`${who} pauses: ${event.data.code}: ${event.data.message}`, 'yellow');
      break;
    case 'step.failed':
      transcript.note(failedLine(who, event.data), 'red');
      break;
    case 'step.cancelled':
      transcript.note(`${who} was cancelled: ${reasonOf(event.data.reason).message}`, 'yellow');
      break;
    default:
  }
}

/** A turn that does not run yet. */
export function placeLine({ most, used, place }: QuotaWait): string {
  if (most === 0) return 'waits: its tenant is suspended, or may run no turn';
  return `waits for a place: number ${place} in the line, ${used} of ${counted(most, 'turn')} ${most === 1 ? 'runs' : 'run'}`;
}

/** A turn that was withdrawn, and what stays of it. */
export function rolledBackLine({ turn, rolledBack }: Pick<TurnEntry, 'turn' | 'rolledBack'>): string {
  const calls = rolledBack?.lasting ?? [];
  const stays = calls.map(({ step, tool }) => `${tool} (${step})`).join(', ');
  return `${turn} was withdrawn${stays === '' ? '' : `; what these calls did is not undone: ${stays}`}`;
}
