/** A long session, at the end of which many agents speak at once; and a page that shows it. */
import type { Browser, Page } from 'playwright-core';
import { FakeLog, type Frame } from '../client/fake-log.ts';
import type { ScriptedGateway } from '../client/scripted-gateway.ts';

/** Turns of two agents each, up to some `events`. */
export function longTalk(events: number): FakeLog {
  const log = new FakeLog('s1');
  for (let turn = 1; log.events.length < events; turn += 1) {
    log.message(`m${turn}`, `t${turn}`, `Question ${turn}`);
    for (const name of ['ann', 'ben']) {
      log.start(`t${turn}`, `t${turn}.${name}`, name);
      log.say(`t${turn}.${name}`, `Answer ${turn} of ${name}.`);
      log.complete(`t${turn}`, `t${turn}.${name}`);
    }
    log.append('turn.completed', {}, { turn: `t${turn}` });
  }
  log.message('last', 'tz', 'All of you, please.');
  return log;
}

/** Agents that speak side by side: Markdown, of which a block is complete every few words. */
export class Crowd {
  readonly #log: FakeLog;
  readonly #steps: readonly string[];
  /** Words that each has said. */
  said = 0;

  constructor(log: FakeLog, agents: number) {
    this.#log = log;
    this.#steps = Array.from({ length: agents }, (_, index) => `tz.b${index}.1`);
  }

  start(): Frame[] {
    return this.#steps.map((step, index) => this.#log.start('tz', step, `agent-${index}`));
  }

  /** One more token of each. */
  speak(): Frame[] {
    this.said += 1;
    const { said } = this;
    const begins = said % 10 === 0 ? '\n\nThen ' : said % 5 === 0 ? '\n\n- **An item** with `code`: ' : '';
    return this.#steps.map((step) => this.#log.say(step, `${begins}word ${said} `));
  }
}

/** Opens the session; `errors` gets what the page throws. */
export async function openTalk(
  browser: Browser,
  { url }: Pick<ScriptedGateway, 'url'>,
  { errors, before }: { readonly errors: Error[]; readonly before?: (page: Page) => Promise<unknown> },
): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  page.on('pageerror', (error) => errors.push(error));
  await before?.(page);
  await page.goto(`${url}/console/#/sessions/s1`);
  return page;
}
