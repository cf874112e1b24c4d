import { wrong, TeamOptions } from './options.ts';
import type { Team } from './team.ts';

/**
 * One agent has the word, and keeps it from turn to turn until it hands over (an agent names whom it may hand over to in its `handoff`).
 * Options: `agents` (default: all), `start` (who has the word first; default: the first agent), `handoffs` in one turn (default 8, at most
 * 32): agents that only hand over to each other end the turn with `team_failed`.
 */
export const handoff: Team = async (context) => {
  const options = new TeamOptions(context, ['agents', 'start', 'handoffs']);
  const cast = options.cast();
  const start = options.agent('start') ?? cast[0] ?? '';
  const most = options.count('handoffs', 8, 32);
  const kept = context.memory.get('speaker');
  let speaker = typeof kept === 'string' && cast.includes(kept) ? kept : start;
  // Everybody is paused.
  if (speaker === '') return;
  const way = [speaker];
  for (;;) {
    const { handoff: next } = await context.ask(speaker);
    if (!next) break;
    if (!cast.includes(next.agent))
      throw wrong(`${speaker} handed over to ${next.agent}, who is not in the team.`);
    way.push(next.agent);
    if (way.length > most + 1) throw wrong(`Nobody answered after ${most} handoffs: ${way.join(' → ')}.`);
    speaker = next.agent;
  }
  context.memory.set('speaker', speaker);
};
