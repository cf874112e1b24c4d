/** What `convoke/team` exports: what a team is written in, and the built-in ones, to be run inside of it. */
export {
  AgentFailed,
  critic,
  debate,
  groupChat,
  handoff,
  parallel,
  sequence,
  supervisor,
} from '../../activities/index.ts';
export type {
  Answer,
  ApprovalRequest,
  AskInput,
  Decision,
  LastWord,
  Outcome,
  Settled,
  Team,
  TeamContext,
} from '../../activities/index.ts';
