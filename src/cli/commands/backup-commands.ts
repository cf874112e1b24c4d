/** `convoke backup` and `convoke restore`: the archive in a file. */
import type { Command } from 'commander';
import { examples } from '../options.ts';
import type { Roles } from './role-commands.ts';

const ENVIRONMENT = `
Environment: CONVOKE_ARCHIVE_URL (or CONVOKE_HOME), as for gateways and workers.
`;

const BACKUP = `
Temporal holds what runs and waits, the archive what was said before: the backup
of a young archive may be empty. It is read as of one moment, while everything
goes on. Back Temporal's database up before it: deploy/README.md says how, and
in which order.
`;

const RESTORE = `
Restore Temporal's database and start Temporal first; no gateway or worker may
run, and Redis has to be empty. Each session is restored up to the moment from
which Temporal goes on with it. deploy/README.md has all steps.

The file may come from another kind of database: so an archive also moves from
SQLite to PostgreSQL.
`;

export function addBackupCommands(program: Command, roles: Pick<Roles, 'backup' | 'restore'>): void {
  program
    .command('backup')
    .summary('write the archive into a file')
    .description('Writes all that is in the archive into a new file, which "convoke restore" reads.')
    .argument('<file>', 'the file to be made')
    .addHelpText('after', BACKUP + ENVIRONMENT + examples('convoke backup archive-2026-11-26.db'))
    .action((file: string) => roles.backup(file));
  program
    .command('restore')
    .summary('put a backup of the archive back')
    .description('Puts what "convoke backup" has written into the archive, which should be empty.')
    .argument('<file>', 'the file that "convoke backup" made')
    .addHelpText(
      'after',
      `${RESTORE}${ENVIRONMENT}TEMPORAL_ADDRESS and the others of Temporal, too.\n${examples('convoke restore archive-2026-11-26.db')}`,
    )
    .action((file: string) => roles.restore(file));
}
