import { expect, it } from '@jest/globals';
import { nextSteps, pageLink } from '../../src/cli/dev/next-steps.ts';
import { Screen } from '../../src/cli/dev/screen.ts';
import type { DevPlan } from '../../src/cli/dev/plan.ts';

const PLAN: DevPlan = {
  temporal: {
    address: '127.0.0.1:7233',
    namespace: 'default',
    own: { port: 7233, uiPort: 8233, httpPort: 1 },
  },
  redis: { url: 'redis://127.0.0.1:6379', ownPort: 6379 },
  gatewayPorts: [3000],
  workerPorts: [1],
  host: '127.0.0.1',
  url: 'http://127.0.0.1:3000',
  external: [],
};

it('the page is told of the session, of other gateways, of another Web UI and namespace, and of nothing else', () => {
  expect(pageLink(PLAN, null)).toBe('http://127.0.0.1:3000/');
  const own = { port: 7233, uiPort: 8300, httpPort: 1 };
  const temporal = { ...PLAN.temporal, own, namespace: 'acme' };
  const link = pageLink({ ...PLAN, temporal, gatewayPorts: [3000, 3001, 3002] }, 'demo-1');
  expect(link).toBe('http://127.0.0.1:3000/?gateways=3001,3002&ui=8300&namespace=acme#session=demo-1');
});

it('leads to the agents of the configuration, if there are any', () => {
  const screen = new Screen(false, { write: () => undefined });
  const own = 'npx convoke send --open my-session --agents analyst "Hello"';
  const talk = (session: string | null, agents: readonly string[]): string =>
    nextSteps(PLAN, { session, agents }, {}, screen);
  expect(talk(null, ['analyst', 'editor'])).toContain(`Talk          ${own}`);
  expect(talk('demo-1', ['analyst', 'editor'])).toContain(`Your agents   ${own}`);
  expect(talk(null, [])).toContain('npx convoke send --open my-session "Hello"');
  expect(talk('demo-1', [])).not.toContain('Your agents');
});

it('leads to the console, and there to the first session', () => {
  const screen = new Screen(false, { write: () => undefined });
  const told = (session: string | null): string => nextSteps(PLAN, { session, agents: [] }, {}, screen);
  expect(told(null)).toContain('Console       http://127.0.0.1:3000/console/\n');
  expect(told('demo-1')).toContain('Console       http://127.0.0.1:3000/console/#/sessions/demo-1\n');
});
