/** What the processes of a development stack are started with. */
import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { gatewaySpec, temporalSpec, workerSpec } from '../../src/cli/dev/specs.ts';

const HOME = tmpdir();
const PORTS = { port: 7233, uiPort: 8233, httpPort: 7243 };
const PLAN = { program: 'temporal', home: HOME, namespace: 'default', ...PORTS };

describe('the Temporal server of a development stack', () => {
  const { args, env } = temporalSpec(PLAN, { PATH: '/bin' });

  it.each([
    'history.transferProcessorMaxPollRPS=5000',
    'history.timerProcessorMaxPollRPS=5000',
    'history.visibilityProcessorMaxPollRPS=5000',
    'history.timerProcessorMaxTimeShift="100ms"',
    'system.forceSearchAttributesCacheRefreshOnRead=false',
    'system.enableActivityEagerExecution=true',
  ])('runs with %s', (setting) => {
    expect(args[args.indexOf(setting) - 1]).toBe('--dynamic-config-value');
  });

  it('collects garbage less often, unless its user says otherwise', () => {
    expect(env).toEqual({ PATH: '/bin', GOGC: '400' });
    expect(temporalSpec(PLAN, { GOGC: '100' }).env).toEqual({ GOGC: '100' });
  });
});

describe('a worker of a development stack', () => {
  it('gives the Rust core one thread, unless its user says otherwise', () => {
    expect(workerSpec(1, HOME, 3001, { PATH: '/bin' }).env).toEqual({
      PATH: '/bin',
      TOKIO_WORKER_THREADS: '1',
    });
    expect(workerSpec(1, HOME, 3001, { TOKIO_WORKER_THREADS: '4' }).env).toEqual({
      TOKIO_WORKER_THREADS: '4',
    });
  });
});

it('each process of a development stack has a port of its own for metrics, if there are to be any', () => {
  const at = { host: '127.0.0.1', port: 3000 };
  for (const specOf of [
    (env: NodeJS.ProcessEnv) => workerSpec(1, HOME, 3001, env),
    (env: NodeJS.ProcessEnv) => gatewaySpec(1, HOME, at, env),
  ]) {
    expect(specOf({ CONVOKE_METRICS_PORT: '9464' }).env).toMatchObject({ CONVOKE_METRICS_PORT: '0' });
    expect(specOf({}).env).not.toHaveProperty('CONVOKE_METRICS_PORT');
  }
});
