import type { SocketRequestName, SocketRequests } from '../contracts/public.ts';
import type { Connection } from './connection.ts';
import { clock, pause, retryDelay } from './timing.ts';

/**
 * A request with retries: waits for the connection and repeats retryable failures, for `timeoutMs` in all. Throws the error of the last
 * attempt.
 */
export async function call<N extends SocketRequestName>(
  connection: Connection,
  name: N,
  request: SocketRequests[N]['request'],
  timeoutMs: number,
): Promise<SocketRequests[N]['reply']> {
  const deadline = clock() + timeoutMs;
  for (let attempt = 0; ; attempt++) {
    try {
      await connection.whenOnline(deadline - clock());
      return await connection.request(name, request, Math.max(deadline - clock(), 1));
    } catch (error) {
      const delay = retryDelay(error, attempt);
      if (delay === null || clock() + delay >= deadline) throw error;
      await pause(delay);
    }
  }
}
