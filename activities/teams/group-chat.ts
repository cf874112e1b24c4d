import { LIMITS } from '../../src/contracts/index.ts';
import { askPeople, mentioned } from './mentions.ts';
import { TeamOptions, wrong } from './options.ts';
import type { Team } from './team.ts';

const MODES = ['roundRobin', 'mentions', 'selector'];

/**
 * Agents in a group with people. Whom a message or an answer @mentions speaks next; else it is decided by `next`: `roundRobin` (the default:
 * one after the other, going on in the next turn with whoever comes then), `selector` (the agent of the option `selector` names who speaks,
 * or nobody), `mentions` (only who is mentioned; without any mention one agent answers). Further options: `agents`, `speakers` in one turn
 * (default: as many as there are agents; at most 32), `askPeopleMs` (people whom an answer mentions are asked, and waited for so long; default:
 * they are not). Agents that join while it goes on take part; those that are paused or leave are passed over.
 */
export const groupChat: Team = async (context) => {
  const options = new TeamOptions(context, ['agents', 'next', 'selector', 'speakers', 'askPeopleMs']);
  const { next = 'roundRobin' } = context.options;
  const selector = options.agent('selector');
  if (
    typeof next !== 'string' ||
    !MODES.includes(next) ||
    (next === 'selector') !== (selector !== undefined)
  ) {
    throw wrong(
      'The team’s option "next" is "roundRobin", "mentions" or, with an agent as "selector", "selector".',
    );
  }
  let cast = options.cast([selector]);
  const timeoutMs =
    'askPeopleMs' in context.options ? options.count('askPeopleMs', 1, LIMITS.answerMostMs) : undefined;
  const most = options.count('speakers', Math.min(Math.max(cast.length, 1), 32), 32);
  let queue = mentioned(context.turn.messages.map(({ text }) => text).join('\n'));
  const kept = context.memory.get('last');
  let last = typeof kept === 'string' ? kept : '';
  let text = '';
  for (let spoken = 0; spoken < most; spoken += 1) {
    if (spoken > 0) {
      if (next === 'mentions' && queue.length === 0) break;
      const members = await context.members();
      options.heard(members);
      cast = options.cast([selector]);
      if (timeoutMs !== undefined)
        queue = await askPeople(context, members, { names: queue, text, timeoutMs });
    }
    const [named, ...others] = queue.filter((name) => cast.includes(name));
    const speaker = named ?? (await unnamed(spoken === 0));
    if (speaker === undefined) break;
    ({ text } = await context.ask(speaker));
    queue = [...new Set([...others, ...mentioned(text)])].filter((name) => name !== speaker);
    last = speaker;
  }
  context.memory.set('last', last);

  async function unnamed(first: boolean): Promise<string | undefined> {
    if (selector === undefined)
      return first || next === 'roundRobin' ? cast[(cast.indexOf(last) + 1) % cast.length] : undefined;
    if (cast.length === 0 || !options.has(selector)) return undefined;
    const { data } = await context.ask(selector, {
      task: 'Decide who speaks next, or null if nobody needs to.',
      output: { type: 'object', properties: { next: { enum: [...cast, null] } }, required: ['next'] },
    });
    return (data as { readonly next: string | null }).next ?? undefined; // safety: an answer fits its schema
  }
};
