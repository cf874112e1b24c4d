import { Option } from 'commander';
import type { Command } from 'commander';
import { guarded } from '../failure.ts';
import { duration, examples } from '../options.ts';
import { SORTS } from '../top-page.ts';
import type { TopOptions } from './top.ts';

const EVERY_MS = 2_000;

export function addTop(program: Command): void {
  program
    .command('top')
    .summary('see the deployment as it is now')
    .description(
      'Shows gateways, workers, task queues, servers, tenants, the busiest sessions and the longest turns, and what is wrong, again and again; q ends it, s sorts. Where standard output is no terminal it shows them once. Takes an operator’s key in CONVOKE_OPERATOR_KEY (else CONVOKE_KEY).',
    )
    .option('--once', 'show it once')
    .addOption(
      new Option('--sort <order>', 'the order of tenants and sessions')
        .choices([...SORTS])
        .default('activity'),
    )
    .addOption(new Option('--every <time>', 'between two looks').default(EVERY_MS, '2s').argParser(duration))
    .option('--json', 'print it once as JSON')
    .addHelpText('after', examples('convoke top', 'convoke top --once', 'convoke top --json'))
    .action(
      guarded(async (options: TopOptions) => {
        const { top } = await import('./top.ts');
        await top(options);
      }),
    );
}
