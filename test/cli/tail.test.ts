/** `convoke tail` against a gateway that loses its log: what is told, and how it ends when that cannot be read. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import { FakeLog } from '../client/fake-log.ts';
import { ScriptedGateway, Tally } from '../client/scripted-gateway.ts';

const PROGRAM = fileURLToPath(new URL('program.mjs', import.meta.url));

interface Line {
  readonly type: string;
  readonly epoch?: number;
  readonly seq?: number;
}

/** A tail of the log's session, and its gateway, whose pages of events are answered by the test. */
class Scene {
  readonly log = new FakeLog();
  readonly pages = new Tally<ServerResponse>();
  readonly lines = new Tally<Line>();
  err = '';
  #gateway: ScriptedGateway | null = null;
  #child: ChildProcess | null = null;

  async start(): Promise<void> {
    this.#gateway = await ScriptedGateway.start(this.log);
    this.#gateway.rest = (_, response) => this.pages.add(response);
    const env = {
      PATH: process.env['PATH'],
      CONVOKE_HOME: join(tmpdir(), 'convoke-no-such-home'),
      CONVOKE_URL: this.#gateway.url,
    };
    const child = spawn(process.execPath, [PROGRAM, 'tail', 's1', '--json'], { env });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => (this.err += String(chunk)));
    createInterface(child.stdout).on('line', (line) => this.lines.add(JSON.parse(line) as Line));
  }

  /** Answers the page that was asked for as number `at` with all events. */
  async answer(at: number): Promise<void> {
    const response = (await this.pages.reached(at + 1))[at]!;
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ data: this.log.events, next: null }));
  }

  async refuse(at: number): Promise<void> {
    const response = (await this.pages.reached(at + 1))[at]!;
    response.writeHead(503, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ code: 'log_unavailable', detail: 'The log is away.' }));
  }

  loseLog(): void {
    this.log.newEpoch();
    this.#gateway?.reset(this.log.view);
  }

  push(...frames: Parameters<ScriptedGateway['push']>): void {
    this.#gateway?.push(...frames);
  }

  exit(): Promise<number | null> {
    return new Promise((resolve) => this.#child?.once('close', resolve));
  }

  async stop(): Promise<void> {
    this.#child?.kill();
    await this.#gateway?.stop();
  }
}

let scene: Scene;

afterEach(() => scene.stop());

it('says why it ends when it cannot read the log that was built anew', async () => {
  scene = new Scene();
  await scene.start();
  await scene.answer(0);
  await scene.lines.reached(1);
  const exit = scene.exit();
  scene.loseLog();
  await scene.refuse(1);
  expect(await exit).toBe(1);
  expect(scene.err).toContain('log_unavailable');
});

it('reads the log that was built anew once, however often it was, and goes on with what happens', async () => {
  scene = new Scene();
  await scene.start();
  await scene.answer(0);
  await scene.lines.reached(1);
  scene.loseLog();
  await scene.pages.reached(2);
  scene.loseLog();
  scene.push(...scene.log.message('m1', 't1'));
  await scene.answer(1);
  await scene.answer(2);
  scene.push(scene.log.append('turn.completed', {}, { turn: 't1' }));
  const lines = await scene.lines.reached(6);
  const told = lines.map(({ type, epoch, seq }) => (type === 'reset' ? type : `${epoch}:${seq}`));
  expect(told).toEqual(['1000:1', 'reset', '3000:1', '3000:2', '3000:3', '3000:4']);
  expect(scene.pages.items).toHaveLength(3);
});
