import { critic } from './critic.ts';
import { debate } from './debate.ts';
import { groupChat } from './group-chat.ts';
import { handoff } from './handoff.ts';
import { parallel } from './parallel.ts';
import { sequence } from './sequence.ts';
import { supervisor } from './supervisor.ts';
import type { Team } from './team.ts';

export { critic, debate, groupChat, handoff, parallel, sequence, supervisor };

/** The built-in teams by name. */
export const TEAMS: Readonly<Record<string, Team>> = {
  ...{ sequence, parallel, supervisor, handoff, groupChat, critic, debate },
};
