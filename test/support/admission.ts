import type { IntakeConfig } from '../../src/ingest/intake.ts';

/** For tests of what comes before and after admission: everybody has room, and no turn's end has been seen. */
export const OPEN_DOOR: Pick<IntakeConfig, 'admission' | 'endedTurn'> = {
  admission: { admit: async () => 'ok', giveBack: async () => undefined },
  endedTurn: () => null,
};
