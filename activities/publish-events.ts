import type { EventDraft, PublishInput, Report } from '../src/contracts/index.ts';
import { closesOf } from './closing.ts';
import { LogWriter, type LogAccess } from './log-writer.ts';

/**
 * Appends facts that no turn carries. To a log of another life than the workflow knew it brings what the workflow holds first;
 * `reconcile` asks for that in any case, and is told where it all has landed. `signal` ends the wait for a log that is away.
 */
export async function publishEvents(
  access: LogAccess,
  input: PublishInput,
  signal: AbortSignal,
): Promise<Report> {
  const ref = { tenant: input.tenant, session: input.session };
  const writer = new LogWriter(access, ref, input.known);
  return writer.patiently(signal, async () => {
    const [head] = await access.log.heads([ref]);
    const changed = input.known.epoch !== 0 && head?.epoch !== input.known.epoch;
    const held = input.reconcile || changed ? await writer.held() : [];
    const drafts = [...held, ...input.drafts];
    const { closes, release } = input;
    const { position, placed, events } = await writer.write((known) =>
      access.log.append(ref, {
        known,
        drafts,
        release,
        ...(closes ? closesOf(closes, Date.now(), causeOf(input)) : {}),
      }),
    );
    // Ends that the workflow holds just so would make the report too large for a payload: their places are enough.
    const theirs = new Map(held.map((draft) => [draft.id, draft]));
    return { position, placed, events: events.filter((event) => !sameFact(event, theirs.get(event.id))) };
  });
}

function causeOf({ drafts, closes }: PublishInput): string | undefined {
  return drafts.find((draft) => draft.turn === closes?.turn)?.cause;
}

function sameFact(event: EventDraft, held: EventDraft | undefined): boolean {
  return held?.type === event.type && JSON.stringify(held.data) === JSON.stringify(event.data);
}
