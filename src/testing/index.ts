/** What `convoke/testing` exports: a team's turn, and a whole session, in a test without a server. */
export { runTeam } from '../../activities/testing/run-team.ts';
export type { GivenAnswer, GivenDecision } from '../../activities/testing/given.ts';
export type { TeamRun, TeamStep, TeamTest } from '../../activities/testing/run-team.ts';
export { openSession } from './session.ts';
export type { SentMessage, SessionTest, TestSession, TestTurn } from './session.ts';
export type { GivenReply } from './replies.ts';
