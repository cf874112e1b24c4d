import { TeamOptions, wrong } from './options.ts';
import type { Team } from './team.ts';

const MODES = ['roundRobin', 'mentions', 'selector'];

/** The agents that a text names as `@name`, in its order. */
function mentioned(text: string, cast: readonly string[]): string[] {
  const names = [...text.matchAll(/@([A-Za-z0-9_-]+)/g)].map(([, name = '']) => name);
  return [...new Set(names)].filter((name) => cast.includes(name));
}

/**
 * Agents in a group with people. Whom a message or an answer @mentions speaks next; else it is decided by `next`: `roundRobin` (the default:
 * one after the other, going on in the next turn with whoever comes then), `selector` (the agent of the option `selector` names who speaks,
 * or nobody), `mentions` (only who is mentioned; without any mention one agent answers). Further options: `agents`, `speakers` in one turn
 * (default: as many as there are agents; at most 32).
 */
export const groupChat: Team = async (context) => {
  const options = new TeamOptions(context, ['agents', 'next', 'selector', 'speakers']);
  const { next = 'roundRobin' } = context.options;
  const selector = options.agent('selector');
  const cast = options.cast([selector]);
  if (
    typeof next !== 'string' ||
    !MODES.includes(next) ||
    (next === 'selector') !== (selector !== undefined)
  ) {
    throw wrong(
      'The team’s option "next" is "roundRobin", "mentions" or, with an agent as "selector", "selector".',
    );
  }
  const queue = mentioned(context.turn.messages.map(({ text }) => text).join('\n'), cast);
  const kept = context.memory.get('last');
  let last = typeof kept === 'string' ? kept : '';
  for (
    let left = options.count('speakers', Math.min(cast.length, 32), 32), first = true;
    left > 0;
    left -= 1
  ) {
    const following = cast[(cast.indexOf(last) + 1) % cast.length];
    const speaker =
      queue.shift() ??
      (selector === undefined ? (first || next === 'roundRobin' ? following : undefined) : await select());
    if (speaker === undefined) break;
    const { text } = await context.ask(speaker);
    queue.push(...mentioned(text, cast).filter((name) => name !== speaker && !queue.includes(name)));
    last = speaker;
    first = false;
  }
  context.memory.set('last', last);

  async function select(): Promise<string | undefined> {
    const { data } = await context.ask(selector ?? '', {
      task: 'Decide who speaks next, or null if nobody needs to.',
      output: { type: 'object', properties: { next: { enum: [...cast, null] } }, required: ['next'] },
    });
    return (data as { readonly next: string | null }).next ?? undefined; // safety: an answer fits its schema
  }
};
