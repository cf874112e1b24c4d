/** The command line of `convoke`. The caller composes the roles; the other commands are clients. */
import { Command } from 'commander';
import type { CommanderError } from 'commander';
import { addAdminCommands } from './commands/admin-commands.ts';
import { addBackupCommands } from './commands/backup-commands.ts';
import { addClientCommands } from './commands/client-commands.ts';
import { addSealCommands } from './commands/seal-commands.ts';
import { addNew, addStackCommands } from './commands/stack-commands.ts';
import { addCheck, addRoleCommands } from './commands/role-commands.ts';
import type { Roles } from './commands/role-commands.ts';
import { examples } from './options.ts';

export type { Roles } from './commands/role-commands.ts';

/** Exit code for wrong usage. */
const USAGE = 2;

const ABOUT = `A durable realtime engine for sessions in which several AI agents and people exchange messages.

Start everything on this machine with "convoke dev"; talk to it with "send" and "tail".`;

const ENVIRONMENT = `
Environment of the commands that talk to a gateway:
  CONVOKE_URL    its address (default: the "convoke dev" of this folder, else http://127.0.0.1:3000)
  CONVOKE_KEY    the API key (default: dev, which "convoke dev" knows)
  CONVOKE_OPERATOR_KEY
                 for tenants, keys and audit: an operator's key
  CONVOKE_HOME   the state folder of "convoke dev" (default: .convoke)
`;

/** A reader that closes the pipe (\`| head\`) is not a failure. */
function endQuietlyWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

/** Commander's own exit codes are 0 for help and 1 for everything else. */
function leave(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? 0 : USAGE);
}

export function createProgram(roles: Roles): Command {
  const program = new Command('convoke')
    .description(ABOUT)
    .exitOverride(leave)
    .showHelpAfterError('Run it with --help to see how to use it.')
    .addHelpText(
      'after',
      ENVIRONMENT +
        examples('convoke dev', 'convoke send --open hello "What can you do?"', 'convoke tail hello'),
    );
  program.hook('preAction', endQuietlyWithReader);
  addNew(program);
  addCheck(program, roles);
  addStackCommands(program, roles);
  addClientCommands(program);
  addAdminCommands(program);
  addRoleCommands(program, roles);
  addBackupCommands(program, roles);
  addSealCommands(program, roles);
  return program;
}
