/** The session log in memory keeps what the port promises. */
import { MemoryLog } from '../../src/log/index.ts';
import { logSuite } from '../conformance/log.suite.ts';

logSuite('memory', async () => {
  const log = new MemoryLog();
  return {
    log,
    other: new MemoryLog({ other: log }),
    bounded: (maxBytes) => new MemoryLog({ maxBytes, other: log }),
    lose: async (ref) => log.lose(ref),
    cleanup: async () => undefined,
  };
});
