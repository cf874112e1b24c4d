/** `convoke trace`: the way of a message, and what held it up. */
import { counted, needsInWords, SPANS } from '../../contracts/index.ts';
import type { Timeline, TimelineSpan, TurnInFront } from '../../contracts/index.ts';
import { callGateway } from '../gateway-api.ts';
import { duration, harmless, painter } from '../terminal.ts';
import type { Style } from '../terminal.ts';

/** Columns: 80 in all. */
const STAGE = 12;
const WHAT = 31;
const TIME = 11;
const BAR = 24;
const WIDTH = 80;
/** Turns in front that are told. */
const FRONT = 4;

const MARKS = { work: '#', wait: '-', gap: '.' } as const;

export async function trace(
  session: string,
  messageId: string,
  { json }: { readonly json?: boolean },
): Promise<void> {
  const timeline = await callGateway<Timeline>({
    path: `/v1/sessions/${session}/messages/${messageId}/timeline`,
  });
  const paint = painter(process.stdout);
  process.stdout.write(json ? `${JSON.stringify(timeline, null, 2)}\n` : waterfall(timeline, paint));
}

/** For people: one line for each span, and one for what is known of it. */
export function waterfall(timeline: Timeline, paint: (style: Style, text: string) => string): string {
  const { spans, longest } = timeline;
  const lines = spans.flatMap((span, index) => {
    const line = row(timeline, span);
    const more = details(span);
    const shown = index === longest ? paint('bold', line) : line;
    const below = [...(more === '' ? [] : [more]), ...heldBy(span), ...inFront(span)];
    return [shown, ...below.map((each) => paint('dim', fit(`${' '.repeat(STAGE)}${each}`, WIDTH)))];
  });
  const foot = [...notes(timeline)].map((note) => paint('dim', note));
  const failure = failureOf(timeline);
  return [
    ...head(timeline),
    ...failure.map((line) => paint('red', line)),
    '',
    ...lines,
    ...(foot.length > 0 ? ['', ...foot] : []),
    '',
  ].join('\n');
}

function head({ session, messageId, status, turn, ms, spans, longest = -1 }: Timeline): readonly string[] {
  const where = turn === undefined ? '' : `, turn ${turn}`;
  const held = spans[longest];
  const first = fit(`${messageId} in ${session}${where}: ${status}, ${duration(ms)}`, WIDTH);
  if (!held) return [first];
  const why = details(held);
  return [
    first,
    fit(`longest: ${titleOf(held)}, ${duration(held.ms)}${why === '' ? '' : `, ${why}`}`, WIDTH),
  ];
}

/** Why it failed, in full: so many lines as that takes. */
function failureOf({ failure }: Timeline): readonly string[] {
  if (!failure) return [];
  const { code, title, detail } = failure;
  return filled(harmless(`${code}: ${title} ${detail}`.trim()).split(' '), WIDTH);
}

/** The turns that have the places for which it waits, in full. */
function heldBy({ holders = [] }: Partial<TimelineSpan>): readonly string[] {
  if (holders.length === 0) return [];
  const names = holders.map(({ session, turn }) => `${session} ${turn}`).join(', ');
  return filled(harmless(`held by ${names}`).split(' '), WIDTH - STAGE);
}

/** As many words in a line as fit. */
function filled(words: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(fit(word, columns));
  }
  return lines;
}

/** The turns in front that were there longest, and what each of them did. */
function inFront({ front = [] }: TimelineSpan): readonly string[] {
  const longest = front.toSorted((one, other) => other.ms - one.ms).slice(0, FRONT);
  return longest.flatMap(({ turn, ms, by }) => [
    harmless(`${turn} ran for ${duration(ms)}${by ? `: ${whatHeld(by)}, ${duration(by.ms)}` : ''}`),
    ...(by ? heldBy(by) : []),
  ]);
}

function whatHeld(by: NonNullable<TurnInFront['by']>): string {
  const { name, agent, cause } = by;
  const what = whatIs(by);
  const who = agent === undefined || name === 'able' ? '' : ` of ${agent}`;
  return [`${what}${who}`, ...limits(by), ...(cause ? [cause.code] : [])].join(', ');
}

/** The limit, the model or what else it was, by its name. */
function limits({ limit, most, used, provider, model }: Partial<TimelineSpan>): readonly string[] {
  return [
    ...(limit === undefined
      ? []
      : [`limit ${limit}${most === undefined ? '' : ` ${most} (${used ?? 0} in use)`}`]),
    ...(provider === undefined ? [] : [`${provider}${model === undefined ? '' : ` ${model}`}`]),
  ];
}

function whatIs({
  name,
  agent,
  tool,
  needs,
}: Pick<TimelineSpan, 'name' | 'agent' | 'tool' | 'needs'>): string {
  if (name === 'able' && needs !== undefined) return `a worker that has ${needsInWords(needs)}`;
  if (name === 'able' && agent !== undefined) return `a worker that has agent ${agent}`;
  return tool === undefined ? SPANS[name].title : `${SPANS[name].title} ${tool}`;
}

function titleOf(span: TimelineSpan): string {
  const { step, attempt } = span;
  const what = whatIs(span);
  const tried = attempt === undefined || attempt === 1 ? '' : ` (attempt ${attempt})`;
  return harmless(`${what}${step === undefined ? '' : ` ${step}`}${tried}`);
}

function row({ from, ms: total }: Timeline, span: TimelineSpan): string {
  const { stage, startedAt, endedAt, ms, kind, crossesHosts } = span;
  const at = (time: number): number => Math.round((Math.max(0, time - from) / Math.max(1, total)) * BAR);
  const begin = Math.min(at(startedAt), BAR - 1);
  const length = Math.max(1, Math.min(BAR, at(startedAt + ms)) - begin);
  const goesOn = endedAt === undefined && kind !== 'gap' ? '>' : '';
  const bar = `${' '.repeat(begin)}${MARKS[kind].repeat(length)}`;
  const took = `${crossesHosts ? '~' : ''}${duration(ms)}${goesOn}`;
  const what = fit(titleOf(span), WHAT).padEnd(WHAT);
  return fit(`${stage.padEnd(STAGE)}${what}${took.padStart(TIME)}  ${bar}`, WIDTH);
}

/** Why, who and where. */
function details(span: TimelineSpan): string {
  const { reason, cause, needs, times, behind, front = [], by = [], connection, process, clampedMs } = span;
  const [heldMost] = front.toSorted((one, other) => (other.by?.ms ?? 0) - (one.by?.ms ?? 0));
  const told = [
    cause
      ? `${cause.code}${reason ? ` (${reason})` : ''}`
      : reason === undefined
        ? ''
        : `waits for ${needs === undefined ? reason : `a worker that has ${needsInWords(needs)}`}`,
    ...limits(span),
    ...(times === undefined ? [] : [counted(times, 'time')]),
    ...(behind ? [`behind ${behind.join(' ')}`] : []),
    ...(heldMost?.by ? [whatHeld(heldMost.by)] : []),
    ...(by.length > 0 ? [`by ${by.join(' ')}`] : []),
    ...(connection
      ? [`${connection.kind} ${connection.subject ?? ''} ${connection.id}`.replace('  ', ' ')]
      : []),
    ...(process === undefined ? [] : [process]),
    ...(clampedMs === undefined ? [] : [`clocks ${duration(clampedMs)} apart`]),
  ];
  return harmless(told.filter((each) => each !== '').join(', '));
}

function* notes({ spans, truncated, gateways }: Timeline): Generator<string> {
  yield `${MARKS.work} work, ${MARKS.wait} wait, ${MARKS.gap} not recorded; > goes on`;
  if (spans.some(({ crossesHosts }) => crossesHosts))
    yield '~ between two hosts: as exact as their clocks agree';
  if (gateways && gateways.answered < gateways.asked)
    yield `${gateways.answered} of ${gateways.asked} gateways have told of delivery`;
  if (truncated) yield 'more happened than is shown';
}

function fit(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}
