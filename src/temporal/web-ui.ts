/** How a session appears in the Temporal Web UI, and how it is found there. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../contracts/index.ts';
import type { SessionInfo, SessionRef } from '../contracts/index.ts';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

export function searchAttributes(ref: SessionRef, info: SessionInfo): SearchAttributePair[] {
  return [
    { key: keyword(SEARCH_ATTRIBUTES.tenant), value: ref.tenant },
    { key: keyword(SEARCH_ATTRIBUTES.session), value: ref.session },
    { key: keyword(SEARCH_ATTRIBUTES.team), value: info.team.name },
    { key: keyword(SEARCH_ATTRIBUTES.status), value: 'open' },
    ...(info.parent ? [{ key: keyword(SEARCH_ATTRIBUTES.parent), value: info.parent.session }] : []),
  ];
}

export function story(
  ref: SessionRef,
  info: SessionInfo,
): { readonly staticSummary: string; readonly staticDetails: string } {
  const names = info.agents.map((agent) => agent.name).join(' → ');
  const agents = info.agents.map(
    (agent) => `**${agent.name}** (${agent.runner}${agent.quick === true ? ', quick' : ''})`,
  );
  const summary = `${ref.tenant} · ${ref.session} · ${info.team.name}: ${names}`;
  return {
    // The server's limit is 400 bytes; ids are ASCII, the arrows and dots are not.
    staticSummary: summary.length > 300 ? `${summary.slice(0, 300)}…` : summary,
    // Markdown. Of a longer one the Web UI shows the first lines only.
    staticDetails: `Session **${ref.session}** of tenant **${ref.tenant}**, team \`${info.team.name}\`.\n\nAgents: ${agents.join(', ')}`,
  };
}
