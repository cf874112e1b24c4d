/** `convoke schedules`: messages that are sent again and again. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { POLICIES } from '../../contracts/index.ts';
import { guarded } from '../failure.ts';
import { agentNames, examples, scheduleId, sessionId } from '../options.ts';
import type { SchedulesOptions } from './schedules.ts';

export function addSchedules(program: Command): void {
  program
    .command('schedules')
    .summary('show, create, trigger, pause and delete schedules')
    .description(
      'Shows the schedules of the tenant; with an option, one is created, fired, paused, resumed or deleted.',
    )
    .option('--create <id>', 'with --cron, --text and --session or --agents: a new schedule', scheduleId)
    .option('--cron <expression>', 'minute, hour, day of the month, month, day of the week')
    .option('--zone <zone>', 'time zone, like Europe/Berlin (default: UTC)')
    .option('--session <session>', 'the session that gets each message', sessionId)
    .option('--agents <names>', 'each firing opens a session of its own with these agents', agentNames)
    .option('--text <text>', 'what each firing says')
    .addOption(
      new Option('--policy <policy>', 'what the message does if a turn runs then').choices([...POLICIES]),
    )
    .option('--trigger <id>', 'it fires now, once, also if it is paused', scheduleId)
    .option('--pause <id>', 'it does not fire until it is resumed', scheduleId)
    .option('--resume <id>', 'it fires again', scheduleId)
    .option('--delete <id>', 'it is gone; sessions that it has opened stay', scheduleId)
    .option('--json', 'print the answer as JSON')
    .addHelpText(
      'after',
      examples(
        'convoke schedules',
        'convoke schedules --create digest --cron "0 7 * * 1-5" --zone Europe/Berlin --session team --text "What is new?"',
        'convoke schedules --trigger digest',
        'convoke schedules --pause digest',
      ),
    )
    .action(
      guarded(async (options: SchedulesOptions) => {
        const { schedules } = await import('./schedules.ts');
        await schedules(options);
      }),
    );
}
