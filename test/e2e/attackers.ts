/** What attackers of a gateway have: a session of their own tenant, with something to read. */
import { expect } from '@jest/globals';
import { OTHER_KEY } from '../support/stack.ts';
import { freshId, Recorder, rest } from './scene.ts';

const MESSAGES = 5;
const CHARS = 20_000;

/** Its id, once all is said. */
export async function sessionOfAttackers(url: string): Promise<string> {
  const id = freshId();
  const agents = [{ name: 'echo', runner: 'scripted', script: { say: '{{message}}' } }];
  const { status } = await rest(url, 'POST', '/v1/sessions', { key: OTHER_KEY, body: { id, agents } });
  expect(status).toBe(201);
  const seen = new Recorder(url, id, OTHER_KEY);
  for (let count = 1; count <= MESSAGES; count += 1) {
    await seen.session.send('x'.repeat(CHARS));
    await seen.turnsEnded(count);
  }
  seen.close();
  return id;
}
