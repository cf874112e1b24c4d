import type { IntakeConfig } from '../../src/ingest/intake.ts';

/** For tests of what comes before and after admission: everybody has room, no turn's end has been seen, and no worker has agents of its own. */
export const OPEN_DOOR: Pick<IntakeConfig, 'admission' | 'catalogs' | 'endedTurn' | 'followedAgents'> = {
  admission: { admit: async () => 'ok', giveBack: async () => undefined },
  catalogs: async () => [],
  endedTurn: () => null,
  followedAgents: () => null,
};
