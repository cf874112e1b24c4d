/** `convoke seal`: the keys that encrypt what is stored. */
import type { Command } from 'commander';
import { examples } from '../options.ts';
import type { Roles } from './role-commands.ts';

const ENVIRONMENT = `
Environment: CONVOKE_SEAL_KEYS and CONVOKE_ARCHIVE_URL (or CONVOKE_HOME), as for
gateways and workers, which may go on meanwhile. docs/data.md has all steps.
`;

export function addSealCommands(program: Command, roles: Pick<Roles, 'rewrap' | 'rotate'>): void {
  const seal = program
    .command('seal')
    .summary('rotate the keys that encrypt what is stored')
    .description('Rotates master keys and data keys. What is stored stays as it is, and readable.')
    .addHelpText('after', ENVIRONMENT + examples('convoke seal rewrap', 'convoke seal rotate acme'));
  seal
    .command('rewrap')
    .description(
      'Wraps every data key with the first key of CONVOKE_SEAL_KEYS; afterwards the others are needed no more.',
    )
    .addHelpText('after', ENVIRONMENT + examples('convoke seal rewrap'))
    .action(() => roles.rewrap());
  seal
    .command('rotate')
    .description('Makes a new data key for a tenant. What was sealed before is still opened with its own.')
    .argument('<tenant>', 'its id')
    .addHelpText('after', ENVIRONMENT + examples('convoke seal rotate acme'))
    .action((tenant: string) => roles.rotate(tenant));
}
