/** `convoke send`, `tail`, `sessions`, `show`, `members`, `fork`, `scheduled`, `trace`, `replay`: clients of a gateway. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { POLICIES } from '../../contracts/index.ts';
import { guarded } from '../failure.ts';
import {
  agentNames,
  cursorText,
  duration,
  eventNumber,
  examples,
  limit,
  moment,
  pageSize,
  peopleNames,
  sessionId,
  several,
} from '../options.ts';
import { addSchedules } from './schedule-commands.ts';
import type { ForkOptions } from './fork.ts';
import { addApprovalCommands } from './approval-commands.ts';
import { addFeedbackCommands } from './feedback-commands.ts';
import { addEnds } from './end-commands.ts';
import { addReplay } from './replay-command.ts';
import { addTrace } from './trace-command.ts';
import type { MembersOptions } from './members.ts';
import type { ListOptions } from './sessions.ts';
import type { TailOptions } from './tail.ts';
import type { SendOptions } from './talk.ts';

const JSON_TEXT = 'print the answer as JSON';
const JSON_LINES = 'write one JSON object per line';

export function addClientCommands(program: Command): void {
  addSend(program);
  addTail(program);
  addLists(program);
  addMembers(program);
  addApprovalCommands(program);
  addFeedbackCommands(program);
  addEnds(program);
  addFork(program);
  addScheduled(program);
  addSchedules(program);
  addUsage(program);
  addTrace(program);
  addReplay(program);
}

const SEND_EXAMPLES = [
  'convoke send --open hello "What can you do?"',
  'convoke send --open review --agents writer,critic --team critic "Write a slogan."',
  'convoke send hello "And then?" --from Ada --file chart.png',
  'convoke send hello "Shorter, please." --policy steer --no-wait',
  'convoke send hello "Remind me of the report." --at 2h',
  'convoke send hello "Order 17 has shipped." --channel orders',
  'convoke send hello "Later" --no-wait --json',
] as const;

const laterOption = (): Option =>
  new Option(
    '--at <time>',
    'deliver it then: a time like 2026-12-24T18:00:00Z, or in 90s, 10m, 2h, 3d',
  ).argParser(moment);

function addSend(program: Command): void {
  program
    .command('send')
    .summary('send a message and stream the answer')
    .description('Sends a message and streams what the agents say, up to the end of the turn.')
    .argument('<session>', 'id of the session', sessionId)
    .argument('<text>', 'what to say')
    .option('--open', 'open the session first if it does not exist')
    .addOption(
      new Option(
        '--agents <names>',
        'with --open: agents of the configuration, separated by commas',
      ).argParser(agentNames),
    )
    .option('--team <team>', 'with --open: the rule by which agents take turns')
    .addOption(
      new Option(
        '--limit <name=number>',
        'with --open: what a turn may spend, like steps=50; can be given several times',
      ).argParser(limit),
    )
    .option('--summary <agent>', 'with --open: the agent that summarises the session when it gets long')
    .addOption(
      new Option('--ttl <time>', 'with --open: it closes once idle for so long, like 12h').argParser(
        duration,
      ),
    )
    .option('--from <name>', 'the sender’s name, as shown to others')
    .option('--file <path...>', 'files that go along; name them after the text')
    .addOption(
      new Option('--policy <policy>', 'what the message does if a turn runs, or messages wait').choices([
        ...POLICIES,
      ]),
    )
    .option('--channel <name>', 'publish it on this channel: no agent answers it')
    .addOption(
      new Option('--to <names>', 'only these people, separated by commas, and the sender read it').argParser(
        peopleNames,
      ),
    )
    .option('--message-id <id>', 'makes sending twice harmless; generated if absent')
    .addOption(laterOption())
    .option('--no-wait', 'print the receipt and exit')
    .option('--json', JSON_LINES)
    .addHelpText('after', examples(...SEND_EXAMPLES))
    .action(
      guarded(async (session: string, text: string, options: SendOptions) => {
        const { send } = await import('./talk.ts');
        await send(session, text, options);
      }),
    );
}

function addTail(program: Command): void {
  program
    .command('tail')
    .summary('follow a session')
    .description(
      'Shows what was said in a session, then follows it token by token, until Ctrl-C or the session’s end.',
    )
    .argument('<session>', 'id of the session', sessionId)
    .addOption(
      new Option('--after <cursor>', 'only what comes after this cursor, {epoch}:{seq} or a seq').argParser(
        cursorText,
      ),
    )
    .option('--json', `${JSON_LINES}: events and deltas`)
    .addHelpText('after', examples('convoke tail hello', 'convoke tail hello --after 12 --json'))
    .action(
      guarded(async (session: string, options: TailOptions) => {
        const { tail } = await import('./tail.ts');
        await tail(session, options);
      }),
    );
}

function addLists(program: Command): void {
  program
    .command('sessions')
    .summary('list sessions')
    .description('Lists the sessions of the tenant, newest first.')
    .addOption(
      new Option('--status <status>', 'only sessions in this state').choices([
        'open',
        'hibernated',
        'closed',
        'interrupted',
      ]),
    )
    .option('--team <team>', 'only sessions of this team')
    .addOption(new Option('--parent <session>', 'only forks of this session').argParser(sessionId))
    .addOption(new Option('--limit <n>', 'how many').default(20).argParser(pageSize))
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('convoke sessions', 'convoke sessions --status open --limit 100 --json'))
    .action(
      guarded(async (options: ListOptions) => {
        const { listSessions } = await import('./sessions.ts');
        await listSessions(options);
      }),
    );
  program
    .command('show')
    .summary('show a session as it is now')
    .description('Shows a session as it is now: its state and what was said.')
    .argument('<session>', 'id of the session', sessionId)
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('convoke show hello', 'convoke show hello --json'))
    .action(
      guarded(async (session: string, options: { json?: boolean }) => {
        const { showSession } = await import('./sessions.ts');
        await showSession(session, options);
      }),
    );
}

function addFork(program: Command): void {
  program
    .command('fork')
    .summary('make a new session with the conversation of another')
    .description(
      'Makes a new session that has the conversation of another up to an event, and, with a text, goes on from there.',
    )
    .argument('<session>', 'id of the session', sessionId)
    .argument('[text]', 'what to say in the fork')
    .addOption(
      new Option('--at <seq>', 'the last event that the fork has (default: the newest)').argParser(
        eventNumber,
      ),
    )
    .option('--before <message>', 'the fork has what came before the turn of this message')
    .option('--id <id>', 'id of the fork; generated if absent')
    .option('--from <name>', 'the sender’s name, as shown to others')
    .option('--json', JSON_TEXT)
    .addHelpText(
      'after',
      examples(
        'convoke fork hello --id hello-2',
        'convoke fork hello --before m3 "What I meant was …"',
        'convoke sessions --parent hello',
      ),
    )
    .action(
      guarded(async (session: string, text: string | undefined, options: ForkOptions) => {
        const { fork } = await import('./fork.ts');
        await fork(session, text, options);
      }),
    );
}

function addScheduled(program: Command): void {
  program
    .command('scheduled')
    .summary('show the messages for later, and cancel them')
    .description('Shows the messages of a session that wait for their time; with --cancel one is cancelled.')
    .argument('<session>', 'id of the session', sessionId)
    .option('--cancel <message>', 'id of the message that is not to be delivered')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('convoke scheduled hello', 'convoke scheduled hello --cancel m3'))
    .action(
      guarded(async (session: string, options: { cancel?: string; json?: boolean }) => {
        const { scheduled } = await import('./scheduled.ts');
        await scheduled(session, options);
      }),
    );
}

function addMembers(program: Command): void {
  program
    .command('members')
    .summary('show who takes part, and change it')
    .description(
      'Shows the agents and people of a session; with an option, somebody joins, leaves, is paused or resumed.',
    )
    .argument('<session>', 'id of the session', sessionId)
    .addOption(
      new Option('--join <agent>', 'an agent joins: the name of a configured one, or an agent as JSON'),
    )
    .addOption(new Option('--join-person <name>', 'a person joins'))
    .addOption(
      new Option(
        '--role <role>',
        'with --join-person: a role that may approve; can be given several times',
      ).argParser(several),
    )
    .addOption(new Option('--leave <name>', 'a member leaves'))
    .addOption(new Option('--pause <name>', 'an agent is not asked any more, until it is resumed'))
    .addOption(new Option('--resume <name>', 'a paused agent is asked again'))
    .option('--json', JSON_TEXT)
    .addHelpText(
      'after',
      examples(
        'convoke members hello',
        'convoke members hello --join billing',
        'convoke members hello --join-person ana --role lead',
        'convoke members hello --pause billing --json',
      ),
    )
    .action(
      guarded(async (session: string, options: MembersOptions) => {
        const { members } = await import('./members.ts');
        await members(session, options);
      }),
    );
}

function addUsage(program: Command): void {
  program
    .command('usage')
    .summary('show the limits of the tenant')
    .description('Shows each limit of the tenant: what is used, what is left, and when it is back.')
    .option('--json', JSON_TEXT)
    .addHelpText('after', examples('convoke usage', 'convoke usage --json'))
    .action(
      guarded(async (options: { readonly json?: boolean }) => {
        const { usage } = await import('./usage.ts');
        await usage(options);
      }),
    );
}
