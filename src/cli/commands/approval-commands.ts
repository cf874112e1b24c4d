/** `convoke approvals` and `convoke approve`. */
import type { Command } from 'commander';
import { guarded } from '../failure.ts';
import { examples, sessionId, several } from '../options.ts';
import type { ApproveOptions } from './approvals.ts';

const JSON_TEXT = 'print the answer as JSON';

export function addApprovalCommands(program: Command): void {
  program
    .command('approvals')
    .summary('show what waits for an approval')
    .description('Shows what people have to decide upon in a session.')
    .argument('<session>', 'id of the session', sessionId)
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('convoke approvals support-42'))
    .action(
      guarded(async (session: string, options: { json?: boolean }) => {
        const { approvals } = await import('./approvals.ts');
        await approvals(session, options);
      }),
    );
  program
    .command('approve')
    .summary('approve or deny')
    .description('Approves what a session waits for, edits and approves it, or denies it.')
    .argument('<session>', 'id of the session', sessionId)
    .argument('<approval>', 'id of the approval, like t1.1.c1')
    .requiredOption('--by <name>', 'who decides')
    .option('--role <role>', 'a role of that person; can be given several times', several)
    .option('--deny', 'deny it')
    .option('--reason <text>', 'why; an agent whose call is denied is told it')
    .option('--edit <json>', 'approve this instead of the data that is shown')
    .option('--hash <hash>', 'only if what is asked for still has this hash, as "convoke approvals" shows it')
    .option('--json', JSON_TEXT)
    .addHelpText(
      'after',
      examples(
        'convoke approve support-42 t1.1.c1 --by ana --role lead',
        'convoke approve support-42 t1.1.c1 --by ana --deny --reason "Too much."',
        `convoke approve support-42 t1.1.c1 --by ana --edit '{"amount": 20}'`,
      ),
    )
    .action(
      guarded(async (session: string, approval: string, options: ApproveOptions) => {
        const { approve } = await import('./approvals.ts');
        await approve(session, approval, options);
      }),
    );
}
