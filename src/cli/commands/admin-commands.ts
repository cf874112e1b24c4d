/** `convoke tenants`, `convoke keys`, `convoke audit`, `convoke top`. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { guarded } from '../failure.ts';
import { duration, examples, pageSize, tenantId } from '../options.ts';
import { addTop } from './top-command.ts';
import type { AddKeyOptions, AuditOptions, KeysOptions, Output, TenantOptions } from './admin.ts';

const JSON_TEXT = 'print the answer as JSON';
const BY = 'Takes an operator’s key in CONVOKE_OPERATOR_KEY (else CONVOKE_KEY).';

export function addAdminCommands(program: Command): void {
  addTenants(program);
  addKeys(program);
  addAudit(program);
  addTop(program);
}

const load = () => import('./admin.ts');

function addTenants(program: Command): void {
  const tenants = program
    .command('tenants')
    .summary('show, add, change and suspend tenants')
    .description(`Tenants: the customers of your product. ${BY}`)
    .addHelpText(
      'after',
      examples(
        'convoke tenants',
        'convoke tenants add acme --name "Acme Ltd"',
        `convoke tenants set acme --limits '{"messagesPerMinute":600}'`,
        'convoke tenants suspend acme',
      ),
    );
  const limits = 'JSON: see docs/limits.md';
  const changed = 'JSON of those that change; null takes one away: see docs/limits.md';
  tenants
    .command('list', { isDefault: true })
    .description('Lists all tenants.')
    .option('--json', JSON_TEXT)
    .action(guarded(async (options: Output) => (await load()).listTenants(options)));
  tenants
    .command('add')
    .description('Adds a tenant.')
    .argument('<tenant>', 'its id', tenantId)
    .option('--name <name>', 'for people to read')
    .option('--limits <json>', limits)
    .option('--json', JSON_TEXT)
    .action(guarded(async (id: string, options: TenantOptions) => (await load()).addTenant(id, options)));
  tenants
    .command('show')
    .description('Shows a tenant and its limits.')
    .argument('<tenant>', 'its id', tenantId)
    .option('--json', JSON_TEXT)
    .action(guarded(async (id: string, options: Output) => (await load()).showTenant(id, options)));
  tenants
    .command('set')
    .description('Changes a tenant; what is not given stays.')
    .argument('<tenant>', 'its id', tenantId)
    .option('--name <name>', 'for people to read')
    .option('--limits <json>', changed)
    .option('--json', JSON_TEXT)
    .action(guarded(async (id: string, options: TenantOptions) => (await load()).changeTenant(id, options)));
  addStatus(
    tenants,
    'suspend',
    'suspended',
    'Refuses all keys and tokens of a tenant, and ends its connections.',
  );
  addStatus(tenants, 'resume', 'active', 'Lets a suspended tenant in again.');
  addErase(tenants);
}

function addErase(tenants: Command): void {
  tenants
    .command('erase')
    .description(
      'Suspends a tenant, erases its sessions everywhere, revokes its keys, and destroys its data keys. For good.',
    )
    .argument('<tenant>', 'its id', tenantId)
    .requiredOption('--yes', 'it cannot be undone')
    .option('--json', JSON_TEXT)
    .action(
      guarded(async (id: string, options: Output) => (await import('./erase.ts')).eraseTenant(id, options)),
    );
}

function addStatus(tenants: Command, name: string, status: string, description: string): void {
  tenants
    .command(name)
    .description(description)
    .argument('<tenant>', 'its id', tenantId)
    .option('--json', JSON_TEXT)
    .action(
      guarded(async (id: string, options: Output) => (await load()).changeTenant(id, { ...options, status })),
    );
}

function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .summary('show, add, rotate and revoke API keys')
    .description(`API keys. ${BY}`)
    .addHelpText(
      'after',
      examples(
        'convoke keys --tenant acme',
        'convoke keys add --tenant acme --name "web server" > acme.key',
        'convoke keys add --tenant acme --name dashboard --scopes watch,mint --ttl 90d',
        'convoke keys rotate 0mifxq1ab4f3c2d1e --overlap 2h',
      ),
    );
  keys
    .command('list', { isDefault: true })
    .description('Lists keys, also those that have ended; never their secrets.')
    .option('--tenant <tenant>', 'only keys of this tenant', tenantId)
    .option('--operator', 'only keys of operators')
    .option('--json', JSON_TEXT)
    .action(guarded(async (options: KeysOptions) => (await load()).listKeys(options)));
  keys
    .command('add')
    .description('Makes a key and prints it. It is not shown again.')
    .option('--tenant <tenant>', 'of this tenant', tenantId)
    .option('--operator', 'for operators, instead of a tenant')
    .requiredOption('--name <name>', 'where it is used, for people to read')
    .option('--scopes <scopes>', 'some of watch,send,approve,cancel,operate,mint (default: all)')
    .addOption(new Option('--ttl <time>', 'it expires after so long, like 90d').argParser(duration))
    .option('--json', JSON_TEXT)
    .action(guarded(async (options: AddKeyOptions) => (await load()).addKey(options)));
  keys
    .command('rotate')
    .description('Makes a key in the place of another one, and prints it. The other one goes on for a while.')
    .argument('<key>', 'id of the key, which stands between its underscores', tenantId)
    .addOption(new Option('--overlap <time>', 'for so long (default: 1d)').argParser(duration))
    .addOption(new Option('--ttl <time>', 'the new key expires after so long').argParser(duration))
    .option('--json', JSON_TEXT)
    .action(guarded(async (id: string, options: Output) => (await load()).rotateKey(id, options)));
  keys
    .command('revoke')
    .description('Ends a key at once, and its connections.')
    .argument('<key>', 'id of the key, which stands between its underscores', tenantId)
    .option('--json', JSON_TEXT)
    .action(guarded(async (id: string, options: Output) => (await load()).revokeKey(id, options)));
}

function addAudit(program: Command): void {
  program
    .command('audit')
    .summary('show who has done what')
    .description(`Administrative acts, minted tokens and votes, newest first. ${BY}`)
    .option('--tenant <tenant>', 'only about this tenant', tenantId)
    .option('--actor <actor>', 'only by this one: key:ID, subject:NAME or environment')
    .option('--action <action>', 'only this, like key.revoke')
    .addOption(new Option('--limit <n>', 'how many').default(50).argParser(pageSize))
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('convoke audit --tenant acme', 'convoke audit --action key.create --json'))
    .action(guarded(async (options: AuditOptions) => (await load()).audit(options)));
}
