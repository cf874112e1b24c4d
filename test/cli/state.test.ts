import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rowOf } from '../../src/cli/commands/ps.ts';
import { identify, isAlive } from '../../src/cli/dev/identity.ts';
import type { Identity } from '../../src/cli/dev/identity.ts';
import { claimHome, clearState, readState, runningState, writeState } from '../../src/cli/dev/state.ts';
import type { ProcessState } from '../../src/cli/dev/state.ts';
import { freePort } from '../support/ports.ts';

let home: string;
const told: string[] = [];
const sleepers: number[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'convoke-home-'));
  told.length = 0;
});

afterEach(() => {
  for (const pid of sleepers.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone.
    }
  }
  rmSync(home, { recursive: true, force: true });
});

const tell = (name: string): void => void told.push(name);

/** A process that does nothing, not waited for by anybody. */
function sleeper(): Identity {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
  sleepers.push(child.pid!);
  return identify(child.pid!)!;
}

const processState = (name: string, identity: Identity): ProcessState => ({
  name,
  kind: 'worker',
  port: 1,
  probe: { kind: 'tcp', host: '127.0.0.1', port: 1 },
  identity,
  log: '/dev/null',
});

const gone: Identity = { pid: 999_999_999, started: 'never' };

describe('the state folder', () => {
  it('is taken by one supervisor at a time', async () => {
    const state = await claimHome(home, tell);
    expect(state.supervisor.pid).toBe(process.pid);
    expect(runningState(home)?.supervisor).toEqual(state.supervisor);
    await expect(claimHome(home, tell)).rejects.toMatchObject({
      code: 'already_running',
      message: expect.stringContaining(`kill ${process.pid}`),
    });
    clearState(home);
    await expect(claimHome(home, tell)).resolves.toBeDefined();
  });

  it('is cleaned of what a killed supervisor has left', async () => {
    const left = sleeper();
    const processes = [processState('worker-1', left), processState('gateway-1', gone)];
    writeState(home, { supervisor: gone, startedAt: 0, url: 'http://x', processes });
    expect(runningState(home)).toBeNull();
    await claimHome(home, tell);
    expect(told).toEqual(['worker-1']);
    expect(isAlive(left)).toBe(false);
    expect(readState(home)?.processes).toEqual([]);
  });

  it('does not lead to a stranger that has got the number of one of ours', async () => {
    const stranger = sleeper();
    const processes = [processState('worker-1', { pid: stranger.pid, started: 'long ago' })];
    writeState(home, {
      supervisor: { pid: process.pid, started: 'long ago' },
      startedAt: 0,
      url: '',
      processes,
    });
    await claimHome(home, tell);
    expect(told).toEqual([]);
    expect(isAlive(stranger)).toBe(true);
  });

  it('that cannot be used is named', async () => {
    writeFileSync(join(home, 'file'), '');
    await expect(claimHome(join(home, 'file'), tell)).rejects.toMatchObject({
      code: 'home_unusable',
      message: expect.stringContaining('CONVOKE_HOME'),
    });
  });

  it('survives a state file that is not ours to read', async () => {
    writeFileSync(join(home, 'state.json'), '{ broken');
    expect(runningState(home)).toBeNull();
    await expect(claimHome(home, tell)).resolves.toBeDefined();
  });
});

describe('ps', () => {
  it('asks each process, and does not take the answer of another one for its own', async () => {
    const port = await freePort();
    const dead = { ...processState('worker-1', gone), port };
    expect(await rowOf(dead)).toEqual({ name: 'worker-1', kind: 'worker', pid: null, port, healthy: false });
    const alive = sleeper();
    const silent = { ...processState('worker-2', alive), port };
    expect(await rowOf(silent)).toMatchObject({ pid: alive.pid, healthy: false });
  });
});
