import type { Archive } from '../src/archive/index.ts';
import { LIMITS, type ArchiveInput, type ArchiveReport, type LoggedEvent } from '../src/contracts/index.ts';
import { assemble } from '../src/log/index.ts';
import type { LogAccess } from './log-writer.ts';

/** Events after `archivedTo` as the log has them; null if it does not have all that the workflow knows. */
async function fromLog({ log }: LogAccess, input: ArchiveInput): Promise<readonly LoggedEvent[] | null> {
  const { archivedTo, known } = input;
  const events: LoggedEvent[] = [];
  for (;;) {
    const after = archivedTo + events.length;
    const slice = await log.read(input, { after, limit: LIMITS.replayEvents }).catch(() => null);
    const whole = slice?.position.epoch === known.epoch && slice.first <= archivedTo + 1;
    if (!whole) return null;
    events.push(...slice.events);
    if (slice.events.length < LIMITS.replayEvents) break;
  }
  return archivedTo + events.length >= known.seq ? events : null;
}

/** Copies what the archive lacks: from the log, which knows every event, or from the workflow, which knows every fact that matters. */
export async function archiveEvents(
  access: LogAccess & { readonly archive: Archive },
  input: ArchiveInput,
): Promise<ArchiveReport> {
  const known = await access.source.known(input);
  if (!known) return { archivedTo: input.archivedTo };
  const events = (await fromLog(access, input)) ?? assemble(input.archivedTo, known.events);
  await access.archive.write(input, known.info, events);
  return { archivedTo: events.at(-1)?.seq ?? input.archivedTo };
}
