/** A LangGraph agent, as it would be without Convoke: a model, a tool, and the loop between them. */
import { createHash } from 'node:crypto';
import { tool } from '@langchain/core/tools';
import { END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import type { LangGraphRunnableConfig } from '@langchain/langgraph';
import { ToolNode } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';

/** What the graph is run with, besides its messages. */
type Config = LangGraphRunnableConfig<{
  /** The same whenever the same work runs again. */
  readonly key?: string;
}>;

/** Stands for something outside: what is booked under a key that is known is not booked again. */
const ledger = new Map<string, string>();

const book = tool(
  async ({ what }: { what: string }, { configurable, signal }: Config) => {
    signal?.throwIfAborted();
    const number = createHash('sha256')
      .update(`${configurable?.key ?? ''} ${what}`)
      .digest('hex')
      .slice(0, 6);
    ledger.set(number, what);
    return `${number}: ${what} (${ledger.size} in all)`;
  },
  {
    name: 'book',
    description: 'Enters something into the ledger, once.',
    schema: z.object({ what: z.string() }),
  },
);

/** Any endpoint that speaks OpenAI's chat completions; the environment names it. A provider that knows the header answers a repeated call once. */
const modelFor = (key: string) =>
  new ChatOpenAI({
    model: process.env['CONVOKE_MODEL'] ?? 'qwen3',
    apiKey: process.env['OPENAI_API_KEY'] ?? 'none',
    configuration: {
      baseURL: process.env['OPENAI_BASE_URL'] ?? 'http://127.0.0.1:11434/v1',
      defaultHeaders: { 'Idempotency-Key': key },
    },
    // Convoke tries again, visibly, with the whole step.
    maxRetries: 0,
  }).bindTools([book]);

async function think({ messages }: typeof MessagesAnnotation.State, { configurable, signal }: Config) {
  // Each call of the model in this run has a key of its own, and the same one when the run is repeated.
  const model = modelFor(`${configurable?.key ?? ''}:${messages.length}`);
  return { messages: [await model.invoke(messages, signal && { signal })] };
}

function next({ messages }: typeof MessagesAnnotation.State): 'tools' | typeof END {
  const last = messages.at(-1);
  return last && 'tool_calls' in last && Array.isArray(last.tool_calls) && last.tool_calls.length > 0
    ? 'tools'
    : END;
}

export const graph = new StateGraph(MessagesAnnotation)
  .addNode('think', think)
  .addNode('tools', new ToolNode([book]))
  .addEdge(START, 'think')
  .addConditionalEdges('think', next, ['tools', END])
  .addEdge('tools', 'think')
  .compile();
