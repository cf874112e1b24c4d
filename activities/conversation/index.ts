/** What an agent is shown of a session: a function of stated inputs, whatever a cache still holds. */
export { Conversations } from './conversations.ts';
export type { Sees } from './window.ts';
