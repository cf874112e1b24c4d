import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { guarded } from '../failure.ts';
import { duration, eventNumber, examples, sessionId } from '../options.ts';
import type { ReplayOptions } from './replay.ts';

const SLOWEST = 0.1;
const FASTEST = 1_000;
const PAUSE_MS = 3_000;

function speedOf(text: string): number {
  const speed = Number(text.replace(/x$/, ''));
  if (text !== '' && speed >= SLOWEST && speed <= FASTEST) return speed;
  throw new InvalidArgumentError(`It must be a number from ${SLOWEST} to ${FASTEST}, like 4.`);
}

export function addReplay(program: Command): void {
  program
    .command('replay')
    .summary('play a session again')
    .description(
      'Plays a session again from its log or archive, with the pauses that it had: as it was, or so many times as fast. Ctrl-C ends it.',
    )
    .argument('<session>', 'id of the session', sessionId)
    .addOption(new Option('--speed <times>', 'so many times as fast').default(1).argParser(speedOf))
    .addOption(
      new Option('--from <seq>', 'the first event that is shown (default: the first of all)').argParser(
        eventNumber,
      ),
    )
    .addOption(
      new Option('--pause <time>', 'no pause is longer, like 1s or 10s')
        .default(PAUSE_MS, '3s')
        .argParser(duration),
    )
    .option('--json', 'write one JSON object per line: events and deltas')
    .addHelpText('after', examples('convoke replay hello', 'convoke replay hello --speed 4 --from 12'))
    .action(
      guarded(async (session: string, options: ReplayOptions) => {
        const { replay } = await import('./replay.ts');
        await replay(session, options);
      }),
    );
}
