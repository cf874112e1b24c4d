import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { planStack } from '../../src/cli/dev/plan.ts';
import type { DevOptions } from '../../src/cli/dev/plan.ts';
import { portOwner, portProblem } from '../../src/cli/dev/ports.ts';
import { redisProbe, tcpProbe } from '../../src/cli/dev/probe.ts';
import { requirePorts } from '../../src/cli/dev/required-ports.ts';
import { freePort } from '../support/ports.ts';

let server: Server;
let taken: number;

beforeEach(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  taken = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
});

const options = async (changes: Partial<DevOptions> = {}): Promise<DevOptions> => ({
  gateways: 1,
  workers: 1,
  port: await freePort(),
  host: '127.0.0.1',
  temporalPort: await freePort(),
  temporalUiPort: await freePort(),
  redisPort: undefined,
  demo: true,
  json: false,
  ...changes,
});

const reached = async (): Promise<boolean> => true;

describe('a port in use', () => {
  it('is seen, and its process is named', async () => {
    expect(await portProblem(taken)).toBe('in use');
    expect(await portProblem(await freePort())).toBeNull();
    expect(portOwner(taken)).toMatchObject({ pid: process.pid, command: expect.stringContaining('node') });
  });

  it('is refused with who has it and what to do', async () => {
    const wanted = { port: taken, purpose: 'gateway-1', choose: '--port or CONVOKE_PORT' };
    await expect(requirePorts([wanted])).rejects.toMatchObject({
      code: 'port_in_use',
      message: expect.stringMatching(
        new RegExp(
          `^Port ${taken} for gateway-1 .*process ${process.pid} .*"kill ${process.pid}".*--port or CONVOKE_PORT`,
        ),
      ),
    });
  });

  it('is also one that two processes of the stack want', async () => {
    const port = await freePort();
    const same = await options({ port, temporalPort: port });
    await expect(planStack(same, {}, reached)).rejects.toMatchObject({ code: 'port_in_use' });
  });
});

describe('the plan of a stack', () => {
  it('gives the gateways ports in a row', async () => {
    const port = await freePort();
    const plan = await planStack(await options({ port, gateways: 2, workers: 3 }), {}, reached);
    expect(plan.gatewayPorts).toEqual([port, port + 1]);
    expect(new Set(plan.workerPorts).size).toBe(3);
    expect(plan.url).toBe(`http://127.0.0.1:${port}`);
    expect(plan.redis.url).toBe(`redis://127.0.0.1:${plan.redis.ownPort}`);
  });

  it('uses the servers that the environment names and does not want their ports', async () => {
    const env = { TEMPORAL_ADDRESS: 'temporal.example:7233', REDIS_URL: 'redis://redis.example' };
    const plan = await planStack(await options({ temporalPort: taken, redisPort: taken }), env, reached);
    expect(plan.temporal).toMatchObject({ address: 'temporal.example:7233', own: null });
    expect(plan.redis).toEqual({ url: 'redis://redis.example', ownPort: null });
    expect(plan.external.map(({ name, port }) => [name, port])).toEqual([
      ['temporal', 7233],
      ['redis', 6379],
    ]);
  });

  it('is refused when such a server does not answer', async () => {
    const env = { REDIS_URL: 'redis://redis.example' };
    await expect(planStack(await options(), env, async () => false)).rejects.toMatchObject({
      code: 'redis_unreachable',
      message: expect.stringContaining('REDIS_URL'),
    });
    await expect(planStack(await options(), { REDIS_URL: 'nonsense' }, reached)).rejects.toMatchObject({
      code: 'bad_address',
    });
  });

  it('reads addresses', () => {
    expect(tcpProbe('host:1234')).toEqual({ kind: 'tcp', host: 'host', port: 1234 });
    expect(redisProbe('redis://:secret@[::1]:7000/2')).toEqual({ kind: 'redis', host: '::1', port: 7000 });
    expect(redisProbe('rediss://host')).toEqual({ kind: 'tcp', host: 'host', port: 6379 });
  });
});
