import type { SocketRequests } from '../contracts/public.ts';

/** Requests that are not about the log of a session. */
export type BesideRequest = 'presence' | 'typing' | 'read' | 'publish';

/** What such a request has besides its session. */
export type Beside<N extends BesideRequest> = Omit<SocketRequests[N]['request'], 'session'>;
