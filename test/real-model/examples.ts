/** Numbered examples whose agents are given a model, each asked as its README tells. */
import type { EventPage } from '../../src/contracts/index.ts';
import { folderOf, sendAsTold } from '../examples/readme.ts';
import { startStack } from '../support/stack.ts';

/** Those without tools, for which the model is too small, with the session that they open. */
const EXAMPLES = [
  ['11-steered-writer', 'article'],
  ['13-what-if', 'trip'],
] as const;

/** Tells what each example said. `check` notes what did not hold. */
export async function askExamples(
  baseUrl: string,
  check: (holds: boolean, promise: string) => void,
): Promise<void> {
  const stack = await startStack({ workers: 0 });
  const url = stack.urls[0] ?? '';
  const env = { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: 'none', CONVOKE_MODEL: 'smollm2' };
  try {
    for (const [example, session] of EXAMPLES) {
      const worker = await stack.worker(folderOf(example), env);
      await worker.start();
      await sendAsTold(example, url);
      const headers = { authorization: 'Bearer dev' };
      const answer = await fetch(`${url}/v1/sessions/${session}/events`, { headers });
      const { data: events } = (await answer.json()) as EventPage;
      const said = events.flatMap((event) => (event.type === 'step.completed' ? [event.data.text] : []));
      check(said.length > 0 && said.every((text) => text !== ''), `${example} is answered`);
      check(events.at(-1)?.type === 'turn.completed', `the turn of ${example} is completed`);
      console.log(
        `${example}: ${said.length} answers of ${said.map((text) => text.length).join(', ')} characters`,
      );
      await worker.end('SIGTERM');
    }
  } finally {
    await stack.stop();
  }
}
