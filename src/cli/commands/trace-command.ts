import type { Command } from 'commander';
import { guarded } from '../failure.ts';
import { examples, messageId, sessionId } from '../options.ts';

export function addTrace(program: Command): void {
  program
    .command('trace')
    .summary('see what held a message up')
    .description(
      'Shows the way of a message through ingest, orchestrate, execute and deliver, down to the connections that have its answer.',
    )
    .argument('<session>', 'id of the session', sessionId)
    .argument('<message>', 'id of the message', messageId)
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', examples('convoke trace hello m1', 'convoke trace hello m1 --json'))
    .action(
      guarded(async (session: string, message: string, options: { readonly json?: boolean }) => {
        const { trace } = await import('./trace.ts');
        await trace(session, message, options);
      }),
    );
}
