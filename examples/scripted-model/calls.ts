/** Tools that the scripted model calls before it answers. */
import type { ChatRequest, ScriptedModelOptions } from './behaviour.ts';
import { filled } from './behaviour.ts';

/** As OpenAI writes them: a list in an answer, which is also one piece of a stream. */
export interface WrittenCall {
  readonly index: number;
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** The calls that it makes now: those of its script that the request offers, unless it has been told their results since the user spoke. */
export function callsOf(options: ScriptedModelOptions, request: ChatRequest): readonly WrittenCall[] {
  const { calls = [] } = options;
  const { messages } = request;
  const spoken = messages.findLastIndex(({ role }) => role === 'user');
  if (messages.slice(spoken + 1).some(({ role }) => role === 'tool')) return [];
  const offered = JSON.stringify(request.body['tools'] ?? []);
  return calls
    .filter(({ tool }) => offered.includes(JSON.stringify(tool)))
    .map(({ tool, input }, index) => ({
      ...{ index, id: `call_${request.messages.length}_${index + 1}`, type: 'function' },
      function: { name: tool, arguments: filled(JSON.stringify(input), request, quoted) },
    }));
}

/** A text as part of a JSON text. */
function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
