/** What every session log promises (src/log/log.ts), run against a real one. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { SessionRef } from '../../src/contracts/index.ts';
import type { SessionLog } from '../../src/log/index.ts';
import { admittingSuite } from './log-admitting.suite.ts';
import { appendingSuite } from './log-appending.suite.ts';
import { beginningSuite } from './log-beginning.suite.ts';
import { closingSuite } from './log-closing.suite.ts';
import { endingSuite } from './log-ending.suite.ts';
import { hearingSuite } from './log-hearing.suite.ts';
import { modelSuite } from './log-model.suite.ts';
import { rebuildingSuite } from './log-rebuilding.suite.ts';
import { speakingSuite } from './log-speaking.suite.ts';

export interface LogUnderTest {
  readonly log: SessionLog;
  /** The same log as another process sees it. */
  readonly other: SessionLog;
  /** The same log, which keeps about this many bytes of events for each session. */
  bounded(maxBytes: number): SessionLog;
  /** Loses everything that is known of a session. */
  lose(ref: SessionRef): Promise<void>;
  cleanup(): Promise<void>;
}

/** What the parts of the suite use. */
export interface LogSubject {
  readonly under: LogUnderTest;
  readonly log: SessionLog;
  readonly other: SessionLog;
  /** A session that no other test has touched. */
  fresh(): SessionRef;
}

export function logSuite(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`session log on ${name}`, () => {
    let under: LogUnderTest;
    let sessions = 0;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.cleanup());
    const subject: LogSubject = {
      get under() {
        return under;
      },
      get log() {
        return under.log;
      },
      get other() {
        return under.other;
      },
      fresh: () => ({ tenant: 'acme', session: `s${++sessions}` }),
    };

    describe('appending and reading', () => appendingSuite(subject));
    describe('beginning a step', () => beginningSuite(subject));
    describe('speaking', () => speakingSuite(subject));
    describe('ending', () => endingSuite(subject));
    describe('closing a turn', () => closingSuite(subject));
    describe('losing and building anew', () => rebuildingSuite(subject));
    describe('hearing', () => hearingSuite(subject));
    describe('admitting messages', () => admittingSuite(subject));
    describe('against a model of it', () => modelSuite(subject));
  });
}
