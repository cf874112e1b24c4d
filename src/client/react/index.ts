/**
 * React hooks on the client (`@convoke/client/react`): an entry of its own, so that a page without React does not load it. React 18 and later
 * is a peer dependency.
 */
export { ConvokeProvider, useClient, useConnection } from './provider.ts';
export type { ConvokeProviderProps } from './provider.ts';
export { useFollowed, useSelected, useSession } from './use-session.ts';
export type { SessionNow } from './use-session.ts';
export { useAgent } from './use-agent.ts';
export type { AgentNow } from './use-agent.ts';
export { useTimeline } from './use-timeline.ts';
export type { TimelineNow } from './use-timeline.ts';
export { usePresence } from './use-presence.ts';
export type { PresenceNow } from './use-presence.ts';
export { useApprovals } from './use-approvals.ts';
export type { ApprovalsNow } from './use-approvals.ts';
