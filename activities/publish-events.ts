import type { EventDraft, PublishInput, Report, SessionRef } from '../src/contracts/index.ts';
import { LogWriter, type LogAccess } from './log-writer.ts';

/** What the workflow holds and the log may lack. Events older than the log's first were trimmed, not lost. */
async function missing({ log, source }: LogAccess, ref: SessionRef): Promise<readonly EventDraft[]> {
  const known = await source.known(ref);
  const slice = await log.read(ref, { limit: 1 });
  const first = slice?.first ?? 1;
  return (known?.events ?? []).filter((event) => event.seq >= first).map(({ seq: _seq, ...draft }) => draft);
}

/**
 * Appends facts that no step carries. `reconcile`: also whatever the workflow holds and a newer epoch of the log lacks; appending what is
 * there changes nothing and tells its position.
 */
export async function publishEvents(access: LogAccess, input: PublishInput): Promise<Report> {
  const ref = { tenant: input.tenant, session: input.session };
  const writer = new LogWriter(access, ref, input.known);
  const held = input.reconcile ? await missing(access, ref) : [];
  const drafts = [...held, ...input.drafts];
  const { position, placed, events } = await writer.write((known) => access.log.append(ref, { known, drafts }));
  return { position, placed, events };
}
