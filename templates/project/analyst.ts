/** An agent in code: it is given the conversation, and yields what it says, piece by piece. */
import type { CodeAgent } from 'convoke';

export const analyst: CodeAgent = async function* ({ conversation, rounds = [] }) {
  const question = conversation.findLast(({ role }) => role === 'user')?.text ?? '';
  // First it calls the tool, then it is called again with what came of that.
  const counted = rounds.at(-1)?.calls[0]?.result;
  if (!counted) {
    yield { type: 'call', call: { id: 'count-1', tool: 'count', input: { text: question } } };
    return;
  }
  if (counted.status === 'failed') {
    yield `I could not count it: ${counted.text}`;
    return;
  }
  const { words, characters } = JSON.parse(counted.text) as { words: number; characters: number };
  yield `Your message has ${words} words`;
  yield ` and ${characters} characters.`;
};
