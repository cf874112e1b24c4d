/** How long after a cancel the provider's request is closed, for a turn and for one of its steps. */
import { startScriptedModel, type ScriptedModel } from '../../examples/scripted-model/server.ts';
import { connect, type Session } from '../../src/client/index.ts';
import type { CancelRequest } from '../../src/contracts/index.ts';
import { msSince, nowUs } from '../clock.ts';
import { stated, type NamedFigure } from '../figure.ts';
import { median, percentile } from '../sample.ts';
import type { Stage } from '../stage.ts';

/** An answer that nobody waits for to its end. */
const ENDLESS = { answer: 'word '.repeat(5_000), paceMs: 20 };

export async function measureCancel(stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const rounds = short ? 10 : 60;
  const model = await startScriptedModel(ENDLESS);
  await stage.productWorker.end('SIGTERM');
  // The worker takes them over from this process.
  const endpoint = { OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'bench', CONVOKE_MODEL: 'scripted' };
  Object.assign(process.env, endpoint);
  const client = connect({ url: stage.productUrl, token: 'dev' });
  try {
    await stage.teamsWorker.start();
    const session = await client.open({ agents: [{ name: 'a', runner: 'model' }] });
    const turns: number[] = [];
    const steps: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      turns.push(await cancelled(session, model, (step) => ({ turn: turnOf(step) })));
      steps.push(await cancelled(session, model, (step) => ({ step })));
    }
    return [
      stated('cancelTurnP50', 'from a cancel to the end of the provider’s request, ms, p50', median(turns)),
      stated('cancelTurnP95', 'the same, p95', percentile(turns, 0.95)),
      stated('cancelStepP95', 'the same for one step of a turn, p95', percentile(steps, 0.95)),
    ];
  } finally {
    client.close();
    for (const name of Object.keys(endpoint)) Reflect.deleteProperty(process.env, name);
    await stage.teamsWorker.end('SIGTERM');
    await model.stop();
    await stage.productWorker.start();
  }
}

const turnOf = (step: string): string => step.split('.')[0] ?? '';

/** Cancels what the next message starts, once it speaks; resolves with the ms until the model's server has noticed. */
async function cancelled(
  session: Session,
  model: ScriptedModel,
  what: (step: string) => CancelRequest,
): Promise<number> {
  const request = model.arrival(model.requests.length + 1);
  const speaks = new Promise<string>((resolve) => {
    const stop = session.on('delta', ({ step }) => {
      stop();
      resolve(step);
    });
  });
  await session.send('go');
  const seen = await request;
  const step = await speaks;
  const over = new Promise<void>((resolve) => {
    const stop = session.on('event', (event) => {
      if (event.turn !== turnOf(step) || !/^turn\.(cancelled|failed|completed)$/.test(event.type)) return;
      stop();
      resolve();
    });
  });
  const at = nowUs();
  await session.cancel(what(step));
  const ending = await seen.ended;
  if (ending !== 'aborted') throw new Error(`the request was ${ending}`);
  const ms = msSince(at);
  await over;
  return ms;
}
