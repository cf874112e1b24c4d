import type { SocketRequests } from '../contracts/public.ts';

/** Requests of which the core of the SDK knows nothing else: what is not about the log, and feedback. */
export type BesideRequest = 'presence' | 'typing' | 'read' | 'publish' | 'feedback';

/** What such a request has besides its session. */
export type Beside<N extends BesideRequest> = Omit<SocketRequests[N]['request'], 'session'>;
