import type { Archive } from '../src/archive/index.ts';
import {
  LIMITS,
  type ArchiveInput,
  type ArchiveReport,
  type LoggedEvent,
  type SessionInfo,
} from '../src/contracts/index.ts';
import { assemble } from '../src/log/index.ts';
import type { LogAccess } from './log-writer.ts';

interface Found {
  readonly info: SessionInfo;
  readonly events: readonly LoggedEvent[];
}

/** Events after `archivedTo` as the log has them; null if it does not have all that the workflow knows. */
async function fromLog({ log }: LogAccess, input: ArchiveInput): Promise<Found | null> {
  const { archivedTo, known } = input;
  const events: LoggedEvent[] = [];
  for (;;) {
    const after = archivedTo + events.length;
    const slice = await log.read(input, { after, limit: LIMITS.replayEvents }).catch(() => null);
    const whole = slice?.position.epoch === known.epoch && slice.first <= archivedTo + 1;
    if (!whole) return null;
    events.push(...slice.events);
    if (slice.events.length === LIMITS.replayEvents) continue;
    return archivedTo + events.length >= known.seq ? { info: slice.info, events } : null;
  }
}

async function fromWorkflow({ source }: LogAccess, input: ArchiveInput): Promise<Found | null> {
  const known = await source.known(input);
  return known && { info: known.info, events: assemble(input.archivedTo, known.events) };
}

/** Copies what the archive lacks: from the log, which knows every event, or from the workflow, which knows every fact that matters. */
export async function archiveEvents(
  access: LogAccess & { readonly archive: Archive },
  input: ArchiveInput,
): Promise<ArchiveReport> {
  const found = (await fromLog(access, input)) ?? (await fromWorkflow(access, input));
  if (!found) return { archivedTo: input.archivedTo };
  await access.archive.write(input, found.info, found.events);
  return { archivedTo: found.events.at(-1)?.seq ?? input.archivedTo };
}
