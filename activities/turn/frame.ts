import {
  LIMITS,
  readableText,
  type EventDraft,
  type JournalEntry,
  type SessionInfo,
  type TurnInput,
} from '../../src/contracts/index.ts';
import type { TeamMessage } from '../teams/team.ts';
import type { TurnFrame } from './calls.ts';
import type { Cast } from './cast.ts';
import type { MemoryPart } from './memory.ts';
import { Spending } from './spending.ts';
import type { TurnDeps } from './turn-deps.ts';

/** The messages of a turn (`causes`): about to be written, or in the conversation. */
export async function messagesOf(
  { conversations }: Pick<TurnDeps, 'conversations'>,
  { tenant, session, turn, causes, lead }: TurnInput,
  carried: readonly EventDraft[],
): Promise<readonly TeamMessage[]> {
  const near = new Map<string, TeamMessage>();
  for (const { type, data } of [...lead, ...carried]) {
    if (type !== 'message.accepted' || !causes.includes(data.messageId)) continue;
    near.set(data.messageId, messageOf(data.messageId, readableText(data.parts), data.from));
  }
  if (causes.every((id) => near.has(id))) return causes.flatMap((id) => near.get(id) ?? []);
  const said = await conversations.messages({ tenant, session }, turn, causes);
  return said.map(({ text, name }, index) => messageOf(causes[index] ?? '', text, name));
}

/** Messages that people have answered with, as the journal names them. */
export function answersIn(entries: readonly JournalEntry[]): readonly string[] {
  return entries.flatMap(({ kind, message }) =>
    kind === 'person' && message !== undefined ? [message] : [],
  );
}

interface FrameParts {
  readonly info: SessionInfo;
  readonly cast: Cast;
  readonly memory: MemoryPart;
  readonly joining: TurnFrame['joining'];
  /** Facts that the turn carries itself. */
  readonly carried: readonly EventDraft[];
}

/** The turn as its team sees it: the messages that it answers, what people whom it has asked have said, and what it may spend. */
export async function frameOf(
  deps: Pick<TurnDeps, 'conversations' | 'limits'>,
  input: TurnInput,
  { info, cast, memory, joining, carried }: FrameParts,
): Promise<TurnFrame> {
  const { options = {} } = info.team;
  return {
    ...{ turn: input.turn, cast, options, memory, joining },
    messages: await messagesOf(deps, input, carried),
    answers: await answersOf(deps, input, carried),
    spending: new Spending({ ...deps.limits, ...info.limits }),
    depth: 0,
  };
}

async function answersOf(
  deps: Pick<TurnDeps, 'conversations'>,
  input: TurnInput,
  carried: readonly EventDraft[],
): Promise<ReadonlyMap<string, TeamMessage>> {
  const found = new Map<string, TeamMessage>();
  for (const id of answersIn(input.journal.entries)) {
    const [message] = await messagesOf(deps, { ...input, causes: [id] }, carried);
    if (message) found.set(id, message);
  }
  return found;
}

function messageOf(id: string, text: string, from: string | undefined): TeamMessage {
  const whole = text.length <= LIMITS.teamMessageChars;
  const read = whole ? text : text.slice(0, LIMITS.teamMessageChars).toWellFormed();
  return { id, ...(from === undefined ? {} : { from }), text: read };
}
