/**
 * What a log holds sealed: the data of each event, the text and the reasoning of open steps, what the session was created with, and notes. Scripts
 * need everything else of an event (id, type, time, turn, step, attempt, agent), so that stays in the clear.
 *
 * A token is `<key id>.<base64url>`. A text is a row of tokens, each followed by a space: one for each piece that was appended. Scripts put tokens
 * together and cut a row between them; they never look into one. Of a piece the JSON is sealed, so that its length tells how long that is.
 */
import {
  ConvokeError,
  LIMITS,
  type Delta,
  type EventData,
  type EventDraft,
  type LoggedEvent,
  type Seal,
  type SessionInfo,
  type SessionRef,
} from '../contracts/index.ts';
import { IN_THE_CLEAR, sealedData, type Clear, type Token, type TokenRow, type Tokens } from './arguments.ts';
import type { Closing, OpenLogStep } from './log.ts';
import { infoIn, membersIn, type Said, type StoredStep } from './replies.ts';

type Part = 'text' | 'reasoning';

/** An event as the log holds it: what is sealed of its data stands beside the data. */
type Stored = LoggedEvent & { readonly sealed?: Readonly<Partial<Record<'data' | Part, string>>> };

/** An event is bound to its session, type and turn; its id may be given by a script. */
const eventPlace = (
  { session }: SessionRef,
  { type, turn = '' }: Pick<EventDraft, 'type' | 'turn'>,
): string => `log.event:${session}:${type}:${turn}`;
const partPlace = ({ session }: SessionRef, step: string, part: Part): string =>
  `log.${part}:${session}:${step}`;
const infoPlace = ({ session }: SessionRef): string => `log.info:${session}`;
const notePlace = ({ session }: SessionRef): string => `log.note:${session}`;

/** A sealed log of a deployment that has no keys. */
const NO_KEYS: Pick<Seal, 'open'> = {
  open: () =>
    Promise.reject(
      new ConvokeError('seal_key_missing', 'The log is sealed: set CONVOKE_SEAL_KEYS for this process, too.'),
    ),
};

/** Half a surrogate pair at the end of a piece would not survive. */
const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

function* piecesOf(text: string): Iterable<string> {
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + LIMITS.sealedPieceChars, text.length);
    if (to < text.length && isHighSurrogate(text.charCodeAt(to - 1))) to += 1;
    yield text.slice(from, to);
    from = to;
  }
}

/** Its methods throw what those of `Seal` throw. */
export class Cover {
  readonly #seal: Seal | null;
  readonly #opens: Pick<Seal, 'open'>;

  /** `seal` null: nothing is sealed, and what is sealed already is refused with `seal_key_missing`. */
  constructor(seal: Seal | null) {
    this.#seal = seal;
    this.#opens = seal ?? NO_KEYS;
  }

  /** False: scripts are told everything as it is. */
  get isOn(): boolean {
    return this.#seal !== null;
  }

  /** In the place of what is told in the clear: of the drafts in their order, of the end that a closing makes, and of what a log is created with. */
  async tokens(
    ref: SessionRef,
    { drafts, closes, info = '' }: { drafts: readonly Clear[]; closes?: Closing | undefined; info?: string },
  ): Promise<Tokens> {
    if (!this.#seal) return IN_THE_CLEAR;
    const tokenOf = (clear: Clear): Promise<Token> =>
      this.#cover(ref, eventPlace(ref, clear), sealedData(clear));
    const end = closes && { ...closes.end, turn: closes.turn };
    const [created, closing, ...data] = await Promise.all([
      this.#cover(ref, infoPlace(ref), info),
      end ? tokenOf(end) : Promise.resolve(undefined),
      ...drafts.map(tokenOf),
    ]);
    return { drafts: data, closing, info: created };
  }

  /** A piece of what a step says, as it is appended. */
  async text(
    ref: SessionRef,
    { step, text, part }: Pick<Delta, 'step' | 'text' | 'part'>,
  ): Promise<TokenRow> {
    const place = partPlace(ref, step, part ?? 'text');
    const pieces = [...piecesOf(text.toWellFormed())];
    const tokens = await Promise.all(
      pieces.map((piece) => this.#token(ref, place, JSON.stringify(piece).slice(1, -1))),
    );
    return { tokens: tokens.map((token) => `${token} `).join(''), count: tokens.length };
  }

  async note(ref: SessionRef, json: string): Promise<string> {
    return this.#token(ref, notePlace(ref), json);
  }

  async openNote(ref: SessionRef, token: string): Promise<string> {
    return this.#open(ref, notePlace(ref), token);
  }

  async openText(ref: SessionRef, step: string, part: Part, row: string): Promise<string> {
    const place = partPlace(ref, step, part);
    const tokens = row.split(' ').filter((token) => token !== '');
    const pieces = await Promise.all(tokens.map((token) => this.#open(ref, place, token)));
    return JSON.parse(`"${pieces.join('')}"`) as string; // safety: `text` has made them of JSON
  }

  /** The same events, if nothing of them is sealed. */
  openEvents(
    ref: SessionRef,
    events: readonly LoggedEvent[],
  ): readonly LoggedEvent[] | Promise<readonly LoggedEvent[]> {
    if (!events.some(isSealed)) return events;
    return Promise.all(events.map(async (event) => (isSealed(event) ? this.openEvent(ref, event) : event)));
  }

  async openInfo(ref: SessionRef, created: string, members: LoggedEvent | null): Promise<SessionInfo> {
    const json = created.startsWith('{') ? created : await this.#open(ref, infoPlace(ref), created);
    const info = infoIn(json);
    return membersIn(info, members && isSealed(members) ? await this.openEvent(ref, members) : members);
  }

  openSteps(ref: SessionRef, steps: readonly StoredStep[]): Promise<readonly OpenLogStep[]> {
    const opened = async (step: string, part: Part, said: Said): Promise<string> =>
      typeof said === 'string' ? said : this.openText(ref, step, part, said.row);
    return Promise.all(
      steps.map(async ({ text: row, reasoning: thoughts, ...open }) => {
        const text = await opened(open.step, 'text', row);
        const reasoning = await opened(open.step, 'reasoning', thoughts);
        return { ...open, text, ...(reasoning === '' ? {} : { reasoning }) };
      }),
    );
  }

  async openEvent(ref: SessionRef, { sealed = {}, ...event }: Stored): Promise<LoggedEvent> {
    const { step = '' } = event;
    const said: Partial<Record<Part, string>> = {};
    for (const part of ['text', 'reasoning'] as const) {
      const row = sealed[part];
      if (row !== undefined) said[part] = await this.openText(ref, step, part, row);
    }
    const json =
      sealed.data === undefined ? '{}' : await this.#open(ref, eventPlace(ref, event), sealed.data);
    const data = JSON.parse(json) as EventData[LoggedEvent['type']]; // safety: only `tokens` makes them
    return { ...event, data: { ...data, ...event.data, ...said } } as LoggedEvent; // safety: the data of its type
  }

  /** Undefined for nothing. */
  async #cover(ref: SessionRef, place: string, clear: string): Promise<Token> {
    return clear === '' ? undefined : this.#token(ref, place, clear);
  }

  async #token({ tenant }: SessionRef, place: string, clear: string): Promise<string> {
    if (!this.#seal) throw new ConvokeError('internal');
    const { key, data } = await this.#seal.seal(tenant, place, Buffer.from(clear));
    return `${key}.${Buffer.from(data).toString('base64url')}`;
  }

  async #open({ tenant }: SessionRef, place: string, token: string): Promise<string> {
    const end = token.indexOf('.');
    const sealed = { key: token.slice(0, end), data: Buffer.from(token.slice(end + 1), 'base64url') };
    return Buffer.from(await this.#opens.open(tenant, place, sealed)).toString();
  }
}

export function isSealed(event: LoggedEvent): event is Stored {
  return 'sealed' in event;
}
