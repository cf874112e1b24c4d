/** How much later another tenant is answered while one attacks the gateway without end. */
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../test/support/process.ts';
import { ATTACKS } from '../attack/attacks.ts';
import { msSince, nowUs } from '../clock.ts';
import { atMost, type NamedFigure } from '../figure.ts';
import { median, percentile } from '../sample.ts';
import { saying } from '../service.ts';
import type { Stage } from '../stage.ts';

const MAIN = fileURLToPath(new URL('../attack/main.ts', import.meta.url));

/** Between two pages of the other tenant, ms. */
const GAP_MS = 25;
/** Until an attack is what it will be, ms: its process has just been started. */
const BEGUN_MS = 1_000;
/** What a session is filled with: messages and their answers, characters of each. */
const FILLED = { messages: 30, chars: 2_000 };

async function call(url: string, key: string, path: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return fetch(`${url}${path}`, {
    headers,
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
}

async function fill(url: string, key: string): Promise<string> {
  const script = { say: 'x'.repeat(FILLED.chars) };
  const agents = [{ name: 'a', runner: 'scripted', script }];
  const opened = await call(url, key, '/v1/sessions', { agents });
  const { id } = (await opened.json()) as { readonly id: string }; // safety: the API's answer
  for (let sent = 0; sent < FILLED.messages; sent += 1) {
    const message = { messageId: `m${sent}`, text: 'y'.repeat(FILLED.chars) };
    await eventually('a message is accepted', async () => {
      return (await call(url, key, `/v1/sessions/${id}/messages`, message)).ok;
    });
  }
  await eventually('the last one is answered', async () => {
    const receipt = await call(url, key, `/v1/sessions/${id}/messages/m${FILLED.messages - 1}`);
    return ((await receipt.json()) as { readonly turnStatus?: string }).turnStatus === 'completed'; // safety: the API's answer
  });
  return id;
}

/** ms of pages, one after the other. */
async function pages(url: string, key: string, session: string, many: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (let asked = 0; asked < many; asked += 1) {
    const start = nowUs();
    const reply = await call(url, key, `/v1/sessions/${session}/events?limit=100`);
    await reply.arrayBuffer();
    if (!reply.ok) throw new Error(`a page was refused: ${reply.status}`);
    took.push(msSince(start));
    await pause(GAP_MS);
  }
  return took;
}

const p95 = (values: readonly number[]): number => percentile(values, 0.95);

export async function measureAttacks(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const [rounds, many] = short ? [1, 20] : [3, 80];
  const { productUrl: url, tenants } = stage;
  const [attacker, other] = tenants;
  const session = await fill(url, attacker);
  const watched = await fill(url, other);
  const target = JSON.stringify({ port: Number(new URL(url).port), key: attacker, session });
  const asked = (): Promise<readonly number[]> => pages(url, other, watched, many);
  await asked();
  const figures: NamedFigure[] = [];
  for (const name of Object.keys(ATTACKS)) {
    const of = { idle: [] as number[], attacked: [] as number[], middle: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      of.idle.push(p95(await asked()));
      const attacking = await saying([MAIN, name, target]);
      await pause(BEGUN_MS);
      const took = await asked().finally(() => attacking.end('SIGKILL'));
      of.attacked.push(p95(took));
      of.middle.push(median(took));
      await eventually('the gateway is itself again', async () => (await fetch(`${url}/readyz`)).ok);
    }
    const figure = {
      name: `attack-${name}`,
      title: `another tenant's page under attack by ${name}, p95, ms (median ${median(of.middle).toFixed(1)}; bare: idle, p95)`,
      value: median(of.attacked),
      bare: median(of.idle),
    };
    figures.push(atMost(figure, median(of.attacked.map((ms, round) => ms / (of.idle[round] ?? NaN))), 2));
  }
  return figures;
}
