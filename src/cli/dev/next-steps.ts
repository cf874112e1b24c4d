/** What to do once everything runs: addresses to open, and commands that work when pasted. */
import { resolve } from 'node:path';
import { workflowId } from '../../contracts/index.ts';
import { setting } from '../environment.ts';
import type { Environment } from '../environment.ts';
import { DEV_KEY, DEV_TENANT } from './demo.ts';
import type { DevPlan } from './plan.ts';
import type { Screen } from './screen.ts';

const LABEL_COLUMN = 14;

/** The page's defaults. */
const UI_PORT = 8233;
const NAMESPACE = 'default';

/** The page's URL, with the session and what it cannot know by itself: the other gateways and the address of Temporal's Web UI. */
export function pageLink(
  { url, gatewayPorts, temporal: { own, namespace } }: DevPlan,
  session: string | null,
): string {
  const query = [
    ...(gatewayPorts.length > 1 ? [`gateways=${gatewayPorts.slice(1).join(',')}`] : []),
    ...(own && own.uiPort !== UI_PORT ? [`ui=${own.uiPort}`] : []),
    ...(namespace === NAMESPACE ? [] : [`namespace=${encodeURIComponent(namespace)}`]),
  ];
  const place = session === null ? '' : `#session=${session}`;
  return `${url}/${query.length > 0 ? `?${query.join('&')}` : ''}${place}`;
}

/** Where Temporal's Web UI shows the runs of a session. */
export function temporalUiLink(plan: DevPlan, session: string | null): string | null {
  const { own, namespace } = plan.temporal;
  if (!own) return null;
  const workflows = `http://localhost:${own.uiPort}/namespaces/${namespace}/workflows`;
  return session === null ? workflows : `${workflows}/${workflowId({ tenant: DEV_TENANT, session })}`;
}

/** A request that sends another message. Its Idempotency-Key changes every second, so the line can be pasted again. */
export function curlLine(url: string, session: string): string {
  return [
    `curl -s ${url}/v1/sessions/${session}/messages`,
    `-H 'Authorization: Bearer ${DEV_KEY}'`,
    `-H 'Content-Type: application/json'`,
    `-H "Idempotency-Key: $(date +%s)"`,
    `-d '{"text":"And if Redis dies?"}'`,
  ].join(' ');
}

/** Commands find the stack through the state folder: the default one, or CONVOKE_HOME. */
function prefix(env: Environment): string {
  const home = setting(env, 'CONVOKE_HOME');
  if (home === undefined) return '';
  return `CONVOKE_HOME=${/^[\w./-]+$/.test(home) ? resolve(home) : `'${resolve(home).replaceAll("'", `'\\''`)}'`} `;
}

/** What there is to talk to. */
interface Partners {
  /** The first session; null: none was opened. */
  readonly session: string | null;
  /** Names of the agents of the configuration. */
  readonly agents: readonly string[];
}

export function nextSteps(plan: DevPlan, partners: Partners, env: Environment, screen: Screen): string {
  const { session, agents } = partners;
  const ui = temporalUiLink(plan, session);
  const run = `${prefix(env)}npx convoke`;
  const own = agents[0] === undefined ? '' : `--agents ${agents[0]} `;
  const begin = `${run} send --open my-session ${own}"Hello"`;
  const rows: readonly (readonly [string, string])[] = [
    ['Page', pageLink(plan, session)],
    ['Console', `${plan.url}/console/${session === null ? '' : `#/sessions/${session}`}`],
    ['API docs', `${plan.url}/docs`],
    ...(ui ? [['Temporal UI', ui] as const] : []),
    ...(session === null
      ? [['Talk', begin] as const]
      : ([
          ['Watch', `${run} tail ${session}`],
          ['Talk', `${run} send ${session} "And if Redis dies?"`],
          ['The same', curlLine(plan.url, session)],
          ...(own ? [['Your agents', begin] as const] : []),
        ] as const)),
    ['Processes', `${run} ps`],
  ];
  const lines = rows.map(([label, text]) => `  ${screen.paint('cyan', label.padEnd(LABEL_COLUMN))}${text}`);
  return `\n${lines.join('\n')}\n\n  ${screen.paint('dim', 'Ctrl-C stops everything that was started here.')}`;
}
