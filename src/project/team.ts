/** What `convoke/team` exports: what a team is written in. */
export { AgentFailed } from '../../activities/index.ts';
export type {
  Answer,
  AskInput,
  LastWord,
  Outcome,
  Settled,
  Team,
  TeamContext,
} from '../../activities/index.ts';
