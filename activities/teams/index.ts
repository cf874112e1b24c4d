import { parallel } from './parallel.ts';
import { sequence } from './sequence.ts';
import type { Team } from './team.ts';

/** The built-in teams by name. */
export const TEAMS: Readonly<Record<string, Team>> = { sequence, parallel };
