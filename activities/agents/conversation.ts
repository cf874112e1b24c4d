/** How a conversation among several participants is told to a model, which knows only itself and "the user". */
import type { AgentSpec } from '../../src/contracts/index.ts';
import type { Utterance } from './runner.ts';

/** A chat message as every provider takes it. */
export interface ChatMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** Who the model is. The same in every turn, so that providers can cache it. */
export function systemPrompt(agent: AgentSpec): string {
  const part =
    `You are ${oneLine(agent.name)}, a participant of a conversation. ` +
    'What others say may begin with their name and a colon; do not begin your answer with a name.';
  return agent.instructions === undefined ? part : `${part}\n\n${agent.instructions}`;
}

/**
 * The conversation as this agent sees it: what it said itself is the assistant's, all else the user's, after the speaker's name when there
 * is one. Neighbours of one role are joined. It begins and ends with the user, as many models demand; where the conversation does not, a
 * short remark stands in.
 */
export function chatMessages(agent: AgentSpec, conversation: readonly Utterance[]): ChatMessage[] {
  const messages: { role: ChatMessage['role']; content: string }[] = [];
  const add = (role: ChatMessage['role'], content: string): void => {
    const last = messages.at(-1);
    if (last?.role === role) last.content += `\n\n${content}`;
    else messages.push({ role, content });
  };
  for (const said of conversation) {
    // Providers refuse empty content.
    if (said.text.trim() === '') continue;
    const own = said.role === 'agent' && (said.name === undefined || said.name === agent.name);
    if (own && messages.length === 0) add('user', '(Earlier messages are left out.)');
    add(own ? 'assistant' : 'user', own || !said.name ? said.text : `${oneLine(said.name)}: ${said.text}`);
  }
  if (messages.at(-1)?.role !== 'user') add('user', '(It is your turn.)');
  return messages;
}

/** A name must not be able to look like a second message. */
function oneLine(name: string): string {
  return name.replace(/\s+/gu, ' ').trim();
}
