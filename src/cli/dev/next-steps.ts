/** What to do once everything runs: addresses to open, and commands that work when pasted. */
import { workflowId } from '../../contracts/index.ts';
import type { Environment } from '../environment.ts';
import { DEV_KEY, DEV_TENANT } from './demo.ts';
import type { DevPlan } from './plan.ts';
import type { Screen } from './screen.ts';

const LABEL_COLUMN = 14;
const DEFAULT_URL = 'http://127.0.0.1:3000';

/** Where Temporal's Web UI shows the runs of a session. */
export function temporalUiLink(plan: DevPlan, session: string | null): string | null {
  const { own, namespace } = plan.temporal;
  if (!own) return null;
  const workflows = `http://localhost:${own.uiPort}/namespaces/${namespace}/workflows`;
  return session === null ? workflows : `${workflows}/${workflowId({ tenant: DEV_TENANT, session })}`;
}

/** A request that sends another message. The key stands for a `messageId`, so the line can be pasted again with another one. */
export function curlLine(url: string, session: string): string {
  return [
    `curl -s ${url}/v1/sessions/${session}/messages`,
    `-H 'Authorization: Bearer ${DEV_KEY}'`,
    `-H 'Content-Type: application/json'`,
    `-H "Idempotency-Key: $(date +%s)"`,
    `-d '{"text":"And if Redis dies?"}'`,
  ].join(' ');
}

/** Commands find the stack through the state folder in the current one; elsewhere they are told where it is. */
function prefix(plan: DevPlan, env: Environment): string {
  return env['CONVOKE_HOME'] && plan.url !== DEFAULT_URL ? `CONVOKE_URL=${plan.url} ` : '';
}

export function nextSteps(plan: DevPlan, session: string | null, env: Environment, screen: Screen): string {
  const ui = temporalUiLink(plan, session);
  const run = `${prefix(plan, env)}npx convoke`;
  const rows: readonly (readonly [string, string])[] = [
    ['Page', `${plan.url}/`],
    ['API docs', `${plan.url}/docs`],
    ...(ui ? [['Temporal UI', ui] as const] : []),
    ...(session === null
      ? [['Talk', `${run} send --open my-session "Hello"`] as const]
      : ([
          ['Watch', `${run} tail ${session}`],
          ['Talk', `${run} send ${session} "And if Redis dies?"`],
          ['The same', curlLine(plan.url, session)],
        ] as const)),
    ['Processes', 'npx convoke ps'],
  ];
  const lines = rows.map(([label, text]) => `  ${screen.paint('cyan', label.padEnd(LABEL_COLUMN))}${text}`);
  return `\n${lines.join('\n')}\n\n  ${screen.paint('dim', 'Ctrl-C stops everything that was started here.')}`;
}
