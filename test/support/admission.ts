import type { IntakeConfig } from '../../src/ingest/intake.ts';

type Around = 'admission' | 'catalogs' | 'endedTurns' | 'followedAgents' | 'past';

/**
 * For tests of what comes before and after admission: everybody has room, no turn's end has been seen, no worker has agents of its own, and
 * nothing of the past is read.
 */
export const OPEN_DOOR: Pick<IntakeConfig, Around> = {
  admission: { admit: async () => 'ok', giveBack: async () => undefined },
  catalogs: async () => [],
  endedTurns: () => [],
  followedAgents: () => null,
  past: {} as IntakeConfig['past'], // safety: only a fork reads it
};
