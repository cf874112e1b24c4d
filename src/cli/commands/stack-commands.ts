/** `convoke new`, `dev`, `ps`, `doctor`, `setup`: commands about this machine. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { guarded } from '../failure.ts';
import { configOption, examples, portNumber, processCount } from '../options.ts';
import type { Roles } from './role-commands.ts';

const JSON_LINES = 'write one JSON object per line';

/** Options are created per command, because commander stores values in them. */
const portOption = (): Option =>
  new Option('--port <port>', 'port of the first gateway; further ones use the next ports')
    .env('CONVOKE_PORT')
    .default(3000)
    .argParser(portNumber);
const temporalPortOption = (): Option =>
  new Option('--temporal-port <port>', 'port of Temporal')
    .env('CONVOKE_TEMPORAL_PORT')
    .default(7233)
    .argParser(portNumber);
const temporalUiPortOption = (): Option =>
  new Option('--temporal-ui-port <port>', "port of Temporal's Web UI")
    .env('CONVOKE_TEMPORAL_UI_PORT')
    .default(8233)
    .argParser(portNumber);

interface Ports {
  readonly port: number;
  readonly temporalPort: number;
  readonly temporalUiPort: number;
}

interface DevFlags extends Ports {
  readonly gateways: number;
  readonly workers: number;
  readonly host: string;
  readonly redisPort?: number;
  readonly config?: string;
  readonly demo: boolean;
  readonly json?: boolean;
}

const DEV_HELP = `
What it starts: Temporal's development server with its Web UI, Redis, workers,
gateways; each a process of its own with a log in .convoke/logs. What dies is
started again. With TEMPORAL_ADDRESS or REDIS_URL set, that server is used
instead. With OPENAI_BASE_URL or OPENAI_API_KEY and CONVOKE_MODEL set, or an
Ollama on this machine, the agents of the first session are real models.
CONVOKE_HOME is the state folder (default .convoke).

When the configuration or a file that it imports changes, it is checked first.
If it is right, the workers are replaced one after the other, and running steps
are finished or handed over; if it is wrong, what is wrong is said and the
workers keep what they have.
`;

export function addStackCommands(program: Command, { temporal }: Pick<Roles, 'temporal'>): void {
  addDev(program, temporal);
  program
    .command('ps')
    .summary('list the processes of "convoke dev" and their health')
    .description('Lists the processes of the "convoke dev" in this folder and probes their health.')
    .option('--json', 'write [{name, kind, pid, port, healthy}]')
    .addHelpText('after', examples('convoke ps', 'convoke ps --json'))
    .action(
      guarded(async (options: { json?: boolean }) => {
        const { ps } = await import('./ps.ts');
        await ps(options);
      }),
    );
  program
    .command('doctor')
    .summary('check what is installed and what is missing, with the command that fixes it')
    .description('Checks this machine. Exit code 1 if something required is missing.')
    .addOption(portOption())
    .addOption(temporalPortOption())
    .addOption(temporalUiPortOption())
    .option('--json', 'write {ok, checks: [{name, status, found, fix}]}')
    .addHelpText('after', examples('convoke doctor', 'convoke doctor --json'))
    .action(
      guarded(async ({ json, ...ports }: Ports & { json?: boolean }) => {
        const { doctor } = await import('./doctor.ts');
        await doctor({ ...ports, env: process.env, temporal }, json === true);
      }),
    );
  program
    .command('setup')
    .summary('install what is missing: Temporal, Redis')
    .description(
      'Installs what "convoke dev" needs and this machine lacks: the Temporal CLI (downloaded, or built with Go) and Redis (with ' +
        'the package manager, if that needs no password).',
    )
    .option('--chromium', 'also install Chromium, for the browser tests')
    .option('--json', JSON_LINES)
    .addHelpText('after', examples('convoke setup', 'convoke setup --chromium'))
    .action(
      guarded(async (options: { chromium?: boolean; json?: boolean }) => {
        const { setup } = await import('./setup.ts');
        await setup(options);
      }),
    );
}

export function addNew(program: Command): void {
  program
    .command('new')
    .summary('write a project of your own: agents, a tool, a team, a test, a page')
    .description(
      'Writes a project in TypeScript, which runs at once without a model: agents, a tool, a team, a test and a page.',
    )
    .argument('<name>', 'its name, or a path that ends in it; the folder must not exist, or be empty')
    .option(
      '--packages <folder>',
      'take convoke and @convoke/client from tarballs there (default: the npm registry; in a checkout: cut from it)',
    )
    .option('--json', 'write {folder, name, next}')
    .addHelpText(
      'after',
      examples(
        'convoke new my-agents',
        'convoke new ../my-agents',
        'convoke new my-agents --packages ../tarballs',
      ),
    )
    .action(
      guarded(async (name: string, options: { packages?: string; json?: boolean }) => {
        const { createProject } = await import('./new.ts');
        await createProject(name, options);
      }),
    );
}

function addDev(program: Command, temporal: Roles['temporal']): void {
  program
    .command('dev')
    .summary('start everything on this machine')
    .description('Starts everything on this machine, opens a first session and runs until Ctrl-C.')
    .addOption(new Option('--gateways <n>', 'number of gateways').default(1).argParser(processCount))
    .addOption(new Option('--workers <n>', 'number of workers').default(1).argParser(processCount))
    .addOption(portOption())
    .addOption(
      new Option('--host <host>', 'address that gateways listen on').env('CONVOKE_HOST').default('127.0.0.1'),
    )
    .addOption(temporalPortOption())
    .addOption(temporalUiPortOption())
    .addOption(
      new Option('--redis-port <port>', 'port of Redis (default: 6379, or the next free one)')
        .env('CONVOKE_REDIS_PORT')
        .argParser(portNumber),
    )
    .addOption(configOption())
    .option('--no-demo', 'do not open a first session')
    .option('--json', JSON_LINES)
    .addHelpText(
      'after',
      DEV_HELP +
        examples(
          'convoke dev',
          'convoke dev --gateways 2 --workers 2',
          'CONVOKE_HOME=/tmp/other convoke dev --port 4000 --temporal-port 7333 --temporal-ui-port 8333',
        ),
    )
    .action(
      guarded(async ({ redisPort, json, ...options }: DevFlags) => {
        const { runDev } = await import('../dev/dev.ts');
        await runDev({ ...options, redisPort, json: json === true }, temporal);
      }),
    );
}
