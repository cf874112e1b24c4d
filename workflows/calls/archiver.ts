/** Copies what the workflow holds into the archive. */
import {
  ActivityFailure,
  isCancellation,
  scheduleActivity,
  type ActivityOptions,
} from '@temporalio/workflow';
import { LIMITS, type ArchiveInput, type ArchiveReport } from '../../src/contracts/index.ts';
import { PATIENT, summaryOf } from './options.ts';

/** Waits for an archive that is away. */
export function archive(input: ArchiveInput): Promise<ArchiveReport> {
  return scheduleActivity<ArchiveReport>('archive', [input], archiving(input));
}

/** The same, but null if the archive is away. */
export async function tryArchive(input: ArchiveInput): Promise<ArchiveReport | null> {
  const options = {
    ...archiving(input),
    scheduleToCloseTimeout: LIMITS.archiveTryMs,
    retry: { ...PATIENT, maximumAttempts: 2 },
  };
  try {
    return await scheduleActivity<ArchiveReport>('archive', [input], options);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return null;
  }
}

function archiving({ archivedTo }: ArchiveInput): ActivityOptions {
  const summary = summaryOf(`archive events after ${archivedTo}`);
  return { startToCloseTimeout: 60_000, retry: PATIENT, summary };
}
