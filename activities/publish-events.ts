import { endsTurn } from '../src/contracts/index.ts';
import type { EventDraft, Position, PublishInput, Report } from '../src/contracts/index.ts';
import { closesOf, type Origin } from './closing.ts';
import { LogWriter, type LogAccess } from './log-writer.ts';
import type { Places } from './turn/place.ts';

/** `places`: where turns wait that end here. */
interface PublishAccess extends LogAccess {
  readonly places?: Pick<Places, 'forget'> | undefined;
}

/**
 * Appends facts that no turn carries. To a log of another life than the workflow knew it brings what the workflow holds first;
 * `reconcile` asks for that in any case, and is told where it all has landed. `signal` ends the wait for a log that is away.
 */
export async function publishEvents(
  access: PublishAccess,
  input: PublishInput,
  signal: AbortSignal,
): Promise<Report> {
  const ref = { tenant: input.tenant, session: input.session };
  const writer = new LogWriter(access, ref, input.known);
  const report = await writer.patiently(signal, async () => {
    const [head] = await access.log.heads([ref]);
    const elsewhere = (at: Position): boolean => input.known.epoch !== 0 && at.epoch !== input.known.epoch;
    const { closes, release } = input;
    const closing = closes ? closesOf(closes, Date.now(), causedBy(input)) : {};
    let held: readonly EventDraft[] = [];
    const { position, placed, events } = await writer.write(async () => {
      // Anew in each try: the log may have been lost, and rebuilt, since the last.
      const brings = input.reconcile || elsewhere(head ?? writer.known) || elsewhere(writer.known);
      held = brings ? await writer.held() : [];
      const drafts = [...held, ...input.drafts];
      return access.log.append(ref, { known: writer.known, drafts, release, ...closing });
    });
    // Ends that the workflow holds just so would make the report too large for a payload: their places are enough.
    const theirs = new Map(held.map((draft) => [draft.id, draft]));
    return { position, placed, events: events.filter((event) => !sameFact(event, theirs.get(event.id))) };
  });
  for (const { type, turn } of input.drafts)
    if (endsTurn(type) && turn !== undefined) access.places?.forget({ ...ref, turn });
  return report;
}

function causedBy({ drafts, closes }: PublishInput): Origin {
  return drafts.find((draft) => draft.turn === closes?.turn) ?? {};
}

function sameFact(event: EventDraft, held: EventDraft | undefined): boolean {
  return held?.type === event.type && JSON.stringify(held.data) === JSON.stringify(event.data);
}
