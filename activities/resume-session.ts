/** What a session goes on with that no workflow ran. */
import type { Archive } from '../src/archive/index.ts';
import { ConvokeError, reopened, type BeginReport, type ResumeInput } from '../src/contracts/index.ts';

/** Throws `archive_unavailable` also for an archive that has lost it. May be repeated. */
export async function resumeSession(
  archive: Pick<Archive, 'stored'>,
  input: ResumeInput,
): Promise<BeginReport> {
  const stored = await archive.stored(input);
  if (!stored)
    throw new ConvokeError('archive_unavailable', 'The archive lacks what the session goes on with.');
  return { carried: input.resumes === 'reopen' ? reopened(stored, Date.now()) : stored.carried };
}
