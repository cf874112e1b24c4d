/** Reads one session back until a step can be shown what it may see. */
import { ConvokeError, LIMITS, turnNumber, type SessionRef } from '../../src/contracts/index.ts';
import type { Utterance } from '../agents/runner.ts';
import { Reader, type ConversationAccess } from './reader.ts';
import { Transcript } from './transcript.ts';
import { windowOf, type Sees } from './window.ts';

export interface Found {
  readonly shown: readonly Utterance[];
  readonly transcript: Transcript;
}

/**
 * Goes on from `known`, which it changes; null: reads anew. Throws what log, archive and workflow throw, and `context_incomplete` if what must
 * be shown is nowhere.
 */
export async function search(
  access: ConversationAccess,
  ref: SessionRef,
  sees: Sees,
  known: Transcript | null,
): Promise<Found> {
  const wanted = new Set([...sees.causes, ...sees.steps]);
  const turn = turnNumber(sees.turn);
  const reach = Math.max(sees.budgetChars, known?.reach ?? LIMITS.contextChars);
  let reader = new Reader(access, ref);
  const anew = async (about?: number): Promise<Transcript> => {
    reader = new Reader(access, ref);
    return new Transcript(await reader.head(), reach, about);
  };
  let transcript = known ?? (await anew());
  let isNewest = known === null;
  let heldRead = false;
  for (;;) {
    // It has gone on to later turns, and let go of what this one is shown.
    if (!transcript.serves(turn, sees.budgetChars)) transcript = await anew(turn);
    const window = windowOf(transcript, sees);
    if ('shown' in window) return { shown: window.shown, transcript };
    const { low, position } = transcript;
    if ('missing' in window && !isNewest) {
      isNewest = true;
      const { epoch, seq } = await reader.head();
      if (epoch !== position.epoch || seq > position.seq) transcript = await anew();
    } else if (low > 1) {
      const piece = await reader.before(low, position.epoch);
      if (piece) transcript.precede(piece.from, piece.events, wanted);
      else transcript = await anew();
    } else if ('missing' in window && !heldRead) {
      heldRead = true;
      transcript.precede(1, await reader.held(), wanted);
    } else {
      const missing = 'missing' in window ? window.missing.join(', ') : '';
      throw new ConvokeError('context_incomplete', `Nowhere to be found: ${missing}.`);
    }
  }
}
