/** A session as Markdown, event by event. Pure. */
import { readableText, turnNumber } from '../contracts/index.ts';
import type { Feedback, MessagePart, SessionEvent, SessionView } from '../contracts/index.ts';

/** The last line of an export that is whole; nobody can have said it. */
export const endLine = (events: number): string => `<!-- end: ${events} events -->\n`;

/** Lines that look like those of this file. */
const FORGED = /^( {0,3})(?=#{1,6} .* · turn \d|(?:> ?)*\*\*Feedback by )/gm;

/** Of control characters only tabs and line breaks mean anything here; a terminal would obey the others. */
const CONTROLS = /(?![\t\n])\p{Cc}/gu;

/** What somebody has said, whose lines are not taken for ours. */
const said = (text: string): string =>
  text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(CONTROLS, '')
    .replaceAll('<!--', '&lt;!--')
    .replaceAll(FORGED, '$1\\')
    .trim();
const named = (name: string): string => said(name.replaceAll(/\s+/g, ' '));
const block = (head: string, text: string): string => `### ${head}\n\n${said(text)}\n\n`;
const when = (at: number): string => new Date(at).toISOString();

export function headOf({
  session,
  team,
  status,
  createdAt,
}: Pick<SessionView, 'session' | 'team' | 'status' | 'createdAt'>): string {
  return `# Session ${session}\n\nTeam ${team.name}, ${status}, opened ${when(createdAt)}.\n\n`;
}

/** What an event adds; empty: nothing. */
export function markdownOf(event: SessionEvent): string {
  const { type, at, agent = '', turn = '' } = event;
  const heading = (who: string): string => `${named(who)} · turn ${turnNumber(turn)} · ${when(at)}`;
  switch (type) {
    case 'message.accepted':
      return block(heading(event.data.from ?? 'user'), partsText(event.data.parts));
    case 'step.completed':
      return event.data.text === '' ? '' : block(heading(nameOf(event)), event.data.text);
    case 'step.failed':
      return block(
        heading(nameOf(event)),
        `${event.data.text}\n\n*Failed: ${event.data.code}. ${event.data.message}*`,
      );
    case 'step.cancelled':
      return event.data.text === '' ? '' : block(heading(agent), `${event.data.text}\n\n*Cancelled.*`);
    case 'turn.failed':
      return `*Turn ${turnNumber(turn)} failed: ${said(`${event.data.code}. ${event.data.message}`)}*\n\n`;
    case 'feedback.given':
      return 'withheld' in event.data ? '' : `> ${feedbackLine(event.data).replaceAll('\n', '\n> ')}\n\n`;
    default:
      return '';
  }
}

function nameOf({ agent = '', step = '' }: SessionEvent): string {
  return /\.c\d+$/.test(step) ? `${agent}, tool` : agent;
}

function partsText(parts: readonly MessagePart[]): string {
  const data = parts.flatMap((part) =>
    part.type === 'data' ? [`\`\`\`json\n${JSON.stringify(part.data)}\n\`\`\``] : [],
  );
  return [readableText(parts), ...data].filter(Boolean).join('\n\n');
}

function feedbackLine({ turn, step, by, ...given }: Feedback): string {
  const { thumb, score, label, comment, retracted } = given;
  const told = [
    ...(retracted ? ['retracted'] : []),
    ...(thumb === undefined ? [] : [`thumb ${thumb}`]),
    ...(score === undefined ? [] : [`score ${score}`]),
    ...(label === undefined ? [] : [label]),
  ].join(', ');
  const about = step === undefined ? `turn ${turnNumber(turn)}` : `step ${step}`;
  const comments = comment === undefined ? [] : [said(comment)];
  return [`**Feedback by ${named(by)} on ${about}:** ${told}`, ...comments].join('\n');
}
