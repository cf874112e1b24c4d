/** The console while many agents speak at once: frames a second, beside those of the same page at rest. */
import { setTimeout as pause } from 'node:timers/promises';
import { Crowd, longTalk, openTalk } from '../../test/console/crowd.ts';
import { serveConsole } from '../../test/console/stage.ts';
import { launchBrowser } from '../../test/page/browser.ts';
import { stated, type NamedFigure } from '../figure.ts';
import type { Stage } from '../stage.ts';

const EVENTS = 10_000;
const STREAMS = 50;
/** Tokens of each of them a second. */
const PACE = 20;

type Page = Awaited<ReturnType<typeof openTalk>>;

/** The time between frames, ms, while `work` goes on. */
async function gapsDuring(page: Page, work: () => Promise<void>): Promise<readonly number[]> {
  await page.evaluate(() => {
    const gaps: number[] = [];
    let last = performance.now();
    Object.assign(globalThis, { gaps });
    requestAnimationFrame(function look(now) {
      gaps.push(now - last);
      last = now;
      requestAnimationFrame(look);
    });
  });
  await work();
  // safety: it was put there
  return page.evaluate(() => (globalThis as unknown as { gaps: number[] }).gaps.slice(1));
}

const perSecond = (gaps: readonly number[]): number =>
  (gaps.length / gaps.reduce((sum, gap) => sum + gap, 0)) * 1_000;

export async function measureConsole(_stage: Stage, short: boolean): Promise<readonly NamedFigure[]> {
  const ms = short ? 1_000 : 5_000;
  const log = longTalk(EVENTS);
  const crowd = new Crowd(log, STREAMS);
  const [browser, gateway] = await Promise.all([launchBrowser(), serveConsole(log)]);
  try {
    const page = await openTalk(browser, gateway, { errors: [] });
    gateway.push(...crowd.start());
    await page
      .locator('.lane')
      .nth(STREAMS - 1)
      .waitFor();
    const rest = perSecond(await gapsDuring(page, () => pause(ms)));
    const gaps = await gapsDuring(page, async () => {
      for (let token = 0; token < (ms / 1_000) * PACE; token += 1) {
        gateway.push(...crowd.speak());
        await pause(1_000 / PACE);
      }
    });
    const streams = `console, ${STREAMS} streams of ${PACE} tokens a second`;
    return [
      stated('consoleFrames', `${streams}: frames a second (bare: at rest)`, perSecond(gaps), rest),
      stated('consoleSlowest', 'the same, the longest time between two frames, ms', Math.max(...gaps)),
    ];
  } finally {
    await browser.close();
    await gateway.stop();
  }
}
