/** How a session appears in the Temporal Web UI, and how it is found there. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import { SEARCH_ATTRIBUTES, workflowId } from '../contracts/index.ts';
import type { SessionInfo, SessionInput, SessionRef } from '../contracts/index.ts';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

function searchAttributes(ref: SessionRef, info: SessionInfo): SearchAttributePair[] {
  return [
    { key: keyword(SEARCH_ATTRIBUTES.tenant), value: ref.tenant },
    { key: keyword(SEARCH_ATTRIBUTES.session), value: ref.session },
    { key: keyword(SEARCH_ATTRIBUTES.team), value: info.team.name },
    { key: keyword(SEARCH_ATTRIBUTES.status), value: 'open' },
    ...(info.parent ? [{ key: keyword(SEARCH_ATTRIBUTES.parent), value: info.parent.session }] : []),
  ];
}

/** Where a session is in the console. */
export function consoleLink(console: string, session: string): string {
  return `${console}/#/sessions/${session}`;
}

/** Where a session's workflow is in the Web UI. */
export function workflowLink(ui: string, namespace: string, ref: SessionRef): string {
  const [at, id] = [namespace, workflowId(ref)].map(encodeURIComponent);
  return `${ui}/namespaces/${at}/workflows/${id}`;
}

/** `console`: its address without a slash at its end, to which a link leads; absent: there is none. */
export function story(
  ref: SessionRef,
  info: SessionInfo,
  console?: string,
): { readonly staticSummary: string; readonly staticDetails: string } {
  const names = info.agents.map((agent) => agent.name).join(' → ');
  const agents = info.agents.map(
    (agent) => `**${agent.name}** (${agent.runner}${agent.quick === true ? ', quick' : ''})`,
  );
  const link = console === undefined ? '' : ` [Open it in the console](${consoleLink(console, ref.session)})`;
  const summary = `${ref.tenant} · ${ref.session} · ${info.team.name}: ${names}`;
  return {
    // The server's limit is 400 bytes; ids are ASCII, the arrows and dots are not.
    staticSummary: summary.length > 300 ? `${summary.slice(0, 300)}…` : summary,
    // Markdown. Of a longer one the Web UI shows the first lines only.
    staticDetails: `Session **${ref.session}** of tenant **${ref.tenant}**, team \`${info.team.name}\`.${link}\n\nAgents: ${agents.join(', ')}`,
  };
}

/** The same for the workflow, which tells it again in each of its runs. */
export function inConsole({ session }: SessionRef, console?: string): Pick<SessionInput, 'console'> {
  return console === undefined ? {} : { console: consoleLink(console, session) };
}

/** What a workflow is started with, so that it is found and told there. */
export function shownInUi(
  ref: SessionRef,
  info: SessionInfo,
  console?: string,
): ReturnType<typeof story> & { readonly typedSearchAttributes: SearchAttributePair[] } {
  return { typedSearchAttributes: searchAttributes(ref, info), ...story(ref, info, console) };
}
