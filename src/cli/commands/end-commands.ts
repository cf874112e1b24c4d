/** `convoke cancel`, `wake`, `close`, `reopen`, `erase`, `export`: what ends something in a session, or the session, and what undoes that. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { guarded } from '../failure.ts';
import { examples, sessionId } from '../options.ts';
import type { ExportFormat } from './export.ts';
import type { CancelOptions } from './sessions.ts';

interface ExportOptions {
  readonly all?: boolean;
  readonly format: ExportFormat;
}

const JSON_TEXT = 'print the answer as JSON';

export function addEnds(program: Command): void {
  program
    .command('cancel')
    .summary('cancel a turn or a step')
    .description(
      'Cancels a turn: the named one, otherwise the running one, otherwise the next. Or one step of the running turn.',
    )
    .argument('<session>', 'id of the session', sessionId)
    .addOption(new Option('--turn <turn>', 'the turn to cancel, like t3').conflicts(['all', 'step']))
    .addOption(
      new Option('--step <step>', 'a step of a running turn, like t3.2; the turn goes on').conflicts('all'),
    )
    .option('--all', 'all turns that run, and all that wait')
    .option('--json', JSON_TEXT)
    .addHelpText(
      'after',
      examples('convoke cancel hello', 'convoke cancel hello --turn t3', 'convoke cancel hello --step t3.2'),
    )
    .action(
      guarded(async (session: string, options: CancelOptions) => {
        const { cancel } = await import('./sessions.ts');
        await cancel(session, options);
      }),
    );
  program
    .command('wake')
    .summary('end the sleep of a team')
    .description('A team that sleeps, in the running turn or the named one, goes on at once.')
    .argument('<session>', 'id of the session', sessionId)
    .option('--turn <turn>', 'only if this turn sleeps, like t3')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('convoke wake hello', 'convoke wake hello --turn t3'))
    .action(
      guarded(async (session: string, options: { turn?: string; json?: boolean }) => {
        const { wake } = await import('./sessions.ts');
        await wake(session, options);
      }),
    );
  addClose(program);
  addErase(program);
}

function addClose(program: Command): void {
  program
    .command('close')
    .summary('close a session')
    .description('Closes a session: it accepts no further messages; accepted ones are still answered.')
    .argument('<session>', 'id of the session', sessionId)
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('convoke close hello'))
    .action(
      guarded(async (session: string, options: { json?: boolean }) => {
        const { closeSession } = await import('./sessions.ts');
        await closeSession(session, options);
      }),
    );
  program
    .command('reopen')
    .summary('reopen a closed session')
    .description('A closed session goes on: what was said, its members and its receipts are kept.')
    .argument('<session>', 'id of the session', sessionId)
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('convoke reopen hello'))
    .action(
      guarded(async (session: string, options: { json?: boolean }) => {
        const { reopenSession } = await import('./sessions.ts');
        await reopenSession(session, options);
      }),
    );
}

function addErase(program: Command): void {
  program
    .command('erase')
    .summary('erase a session everywhere')
    .description(
      'Ends a session and removes it everywhere, for good: its workflow, log and archive. Its id is not given again.',
    )
    .argument('<session>', 'id of the session', sessionId)
    .requiredOption('--yes', 'it cannot be undone')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('convoke erase hello --yes'))
    .action(
      guarded(async (session: string, options: { json?: boolean }) => {
        const { eraseSession } = await import('./erase.ts');
        await eraseSession(session, options);
      }),
    );
  program
    .command('export')
    .summary('write all of a session as JSON lines or Markdown')
    .description(
      'Writes a session, its members and all its events to standard output, one JSON object per line. Or, for people, what was said and the feedback on it.',
    )
    .argument('[session]', 'id of the session', sessionId)
    .option('--all', 'all sessions of the tenant, one after the other')
    .addOption(new Option('--format <format>', 'how').choices(['jsonl', 'md']).default('jsonl'))
    .addHelpText(
      'after',
      examples(
        'convoke export hello > hello.ndjson',
        'convoke export hello --format md > hello.md',
        'convoke export --all > all.ndjson',
      ),
    )
    .action(
      guarded(async (session: string | undefined, { all, format }: ExportOptions, command: Command) => {
        const { exportAll, exportSession } = await import('./export.ts');
        if ((session === undefined) === (all !== true)) command.error('Name one session, or use --all.');
        await (session === undefined ? exportAll(format) : exportSession(session, format));
      }),
    );
}
