/**
 * The client SDK, for browsers and Node: `connect(…)`, then `client.session(id)` or `client.open(…)`; `session.send`, `session.on`,
 * `session.view`, and `for await (const piece of session.ask('…'))`.
 */
export { connect } from './client.ts';
export type { Client, ClientOptions } from './client.ts';
export type { ClientStatus } from './status.ts';
export type { Asking, AskOptions, OutgoingMessage, SendOptions } from './outgoing.ts';
export type { Schedules } from './schedules.ts';
export type { Session } from './session.ts';
export type { ChannelEvent, SessionEvents } from './session-events.ts';
export type { SessionStatus } from './subscription.ts';
export type { ClientStorage, PendingMessage } from './outbox.ts';
export type { TurnPiece, TurnTarget } from './turn-stream.ts';
export type { Unsubscribe } from './emitter.ts';
export { ClientError, isRetryable } from './errors.ts';
export type { ClientErrorCode } from './errors.ts';
export { ConvokeError, isConvokeError } from '../contracts/public.ts';
