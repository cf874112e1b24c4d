import type { TeamName } from '../../src/contracts/index.ts';
import { sequence } from './sequence.ts';
import type { Team } from './team.ts';

/** Every team by its name. */
export const teams: Readonly<Record<TeamName, Team>> = { sequence };
