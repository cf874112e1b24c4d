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

/**
 * Events after `archivedTo` as the log has them, up to what the workflow knows; null if it does not have all of that. What is newer may be of
 * a turn that began after this attempt was given up: it may be lost with the log, and another event take its position.
 */
async function fromLog({ log }: Pick<LogAccess, 'log'>, input: ArchiveInput): Promise<Found | null> {
  const { archivedTo, known } = input;
  const events: LoggedEvent[] = [];
  for (;;) {
    const after = archivedTo + events.length;
    const slice = await log.read(input, { after, limit: LIMITS.replayEvents }).catch(() => null);
    const whole = slice?.position.epoch === known.epoch && slice.first <= archivedTo + 1;
    if (!whole) return null;
    events.push(...slice.events);
    if (slice.events.length === LIMITS.replayEvents) continue;
    if (archivedTo + events.length < known.seq) return null;
    return { info: slice.info, events: events.filter((event) => event.seq <= known.seq) };
  }
}

/** Null if the workflow has gone on meanwhile: what it holds then may have holes that a running step fills. */
async function fromWorkflow(
  { source }: Pick<LogAccess, 'source'>,
  input: ArchiveInput,
): Promise<Found | null> {
  const held = await source.known(input);
  const same = held?.known.epoch === input.known.epoch && held.known.seq === input.known.seq;
  return same ? { info: held.info, events: assemble(input.archivedTo, held.events) } : null;
}

/**
 * Copies what the archive lacks: from the log, which knows every event, or from the workflow, which knows every fact that matters. With all of
 * that it stores the state.
 */
export async function archiveEvents(
  access: Omit<LogAccess, 'patient'> & { readonly archive: Archive },
  input: ArchiveInput,
): Promise<ArchiveReport> {
  const { known, archivedTo, state } = input;
  const [head] = await access.log.heads([input]);
  if (head && known.epoch !== 0 && head.epoch !== known.epoch) return { archivedTo, changed: head };
  const found = (await fromLog(access, input)) ?? (await fromWorkflow(access, input));
  if (!found) return { archivedTo };
  await access.archive.write(input, found.info, found.events);
  const reached = found.events.at(-1)?.seq ?? archivedTo;
  if (!state || reached < known.seq) return { archivedTo: reached };
  const carried = { ...state.carried, archivedTo: reached };
  await access.archive.store(input, { ...state, info: found.info, carried });
  return { archivedTo: reached, stored: true };
}
