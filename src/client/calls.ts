import type { SocketRequestName, SocketRequests } from '../contracts/public.ts';
import type { Connection } from './connection.ts';
import { pause, retryDelay } from './timing.ts';

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
  const deadline = Date.now() + timeoutMs;
  for (let attempt = 0; ; attempt++) {
    try {
      await connection.whenOnline(deadline - Date.now());
      return await connection.request(name, request, Math.max(deadline - Date.now(), 1));
    } catch (error) {
      const delay = retryDelay(error, attempt);
      if (delay === null || Date.now() + delay >= deadline) throw error;
      await pause(delay);
    }
  }
}
