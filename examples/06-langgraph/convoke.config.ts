/** An agent of Convoke around a LangGraph graph: what is passed on is the conversation, the signal, the key, and every token. */
import { AIMessage, AIMessageChunk, HumanMessage } from '@langchain/core/messages';
import { agent, defineConfig, type CodeCall } from 'convoke';
import { graph } from './graph.ts';

/** Own words are the model's, all others' the user's. The task of a team comes last. */
function messagesOf({ agent: me, conversation, task }: CodeCall) {
  const said = conversation.map(({ role, name, text }) => {
    if (role === 'agent' && name === me) return new AIMessage(text);
    return new HumanMessage(name === undefined ? text : `${name}: ${text}`);
  });
  return task === undefined ? said : [...said, new HumanMessage(task)];
}

export default defineConfig({
  agents: {
    clerk: agent.code(async function* (call) {
      const { signal, key } = call;
      const usage = { inputTokens: 0, outputTokens: 0 };
      const stream = await graph.stream(
        { messages: messagesOf(call) },
        { streamMode: 'messages', signal, configurable: { key }, recursionLimit: 12 },
      );
      for await (const [message] of stream) {
        if (message instanceof AIMessageChunk) {
          if (message.text !== '') yield message.text;
          usage.inputTokens += message.usage_metadata?.input_tokens ?? 0;
          usage.outputTokens += message.usage_metadata?.output_tokens ?? 0;
        } else {
          // A tool has answered: the graph is at work, even if it says nothing.
          yield { type: 'alive' };
        }
      }
      yield { type: 'usage', usage };
    }),
  },
});
