/** What `convoke backup` and `convoke restore` say. */
import { counted } from '../../contracts/index.ts';

export interface BackedUp {
  readonly sessions: number;
  readonly events: number;
}

export interface RestoredBackup extends BackedUp {
  /** What the backup has beyond the moment from which Temporal goes on. */
  readonly left: BackedUp;
  /** Sessions that go on from a later moment than the backup's. */
  readonly short: readonly { readonly tenant: string; readonly session: string }[];
}

const amount = ({ events, sessions }: BackedUp): string =>
  `${counted(events, 'event')} of ${counted(sessions, 'session')}`;

export function showBackedUp(backedUp: BackedUp, file: string): void {
  process.stdout.write(`${file} has ${amount(backedUp)}.\n`);
  process.stdout.write(
    'That is the archive. What open sessions have not archived yet is in the database of Temporal: back that up, too.\n',
  );
}

export function showRestored({ left, short, ...restored }: RestoredBackup): void {
  process.stdout.write(`Restored ${amount(restored)}.\n`);
  if (left.events > 0)
    process.stdout.write(`Left out ${amount(left)}: there Temporal goes on from an earlier moment.\n`);
  if (short.length === 0) return;
  const names = short.map(({ tenant, session }) => `  ${tenant} ${session}\n`).join('');
  process.stdout.write(
    `Temporal goes on from a later moment than this backup's in these sessions, whose events in between are lost:\n${names}`,
  );
}
