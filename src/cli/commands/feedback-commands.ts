/** `convoke feedback`. */
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { guarded } from '../failure.ts';
import { examples, sessionId } from '../options.ts';
import type { FeedbackOptions } from './feedback.ts';

function score(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 (worst) to 1 (best).');
}

export function addFeedbackCommands(program: Command): void {
  program
    .command('feedback')
    .summary('say what you think of a turn')
    .description(
      'Gives feedback on a turn, or on a step of it. It replaces what the same person has said before.',
    )
    .argument('<session>', 'id of the session', sessionId)
    .argument('<turn>', 'id of the turn, like t3')
    .option('--step <step>', 'a step of the turn, like t3.2')
    .addOption(new Option('--up', 'thumb up').conflicts('down'))
    .option('--down', 'thumb down')
    .option('--score <number>', 'from 0 (worst) to 1 (best)', score)
    .option('--label <label>', 'a word for it, like wrong-tool')
    .option('--comment <text>', 'in your own words')
    .option('--retract', 'take back what was said before')
    .option('--private', 'only the giver, keys and operators are told')
    .option('--from <name>', 'who gives it (default: application)')
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      examples(
        'convoke feedback hello t1 --up',
        'convoke feedback hello t1 --down --label wrong-tool --from Ada',
        'convoke feedback hello t1 --step t1.2 --score 0.4',
      ),
    )
    .action(
      guarded(async (session: string, turn: string, options: FeedbackOptions) => {
        const { feedback } = await import('./feedback.ts');
        await feedback(session, turn, options);
      }),
    );
}
