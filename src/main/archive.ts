/** The archive of a process. */
import { openArchive } from '../archive/index.ts';
import type { SharedArchive } from '../archive/index.ts';
import type { Logger } from '../telemetry/index.ts';
import type { Opened } from './opened.ts';
import { Outage } from './outage.ts';

/** As `openArchive`; the operator hears of it when its server cannot be used. */
export async function openWatchedArchive(
  url: string,
  { logger, opened }: { readonly logger: Logger; readonly opened: Opened },
): Promise<SharedArchive> {
  const archive = opened.add(await openArchive(url), (each) => each.close());
  const outage = new Outage({
    ...{ what: 'The archive', where: {}, logger },
    meanwhile: 'sessions go on with what they hold, and what is older cannot be read',
  });
  opened.add(
    outage.watch(() => archive.ping()),
    (end) => end(),
  );
  return archive;
}
