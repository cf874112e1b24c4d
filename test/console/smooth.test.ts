/**
 * Ten thousand events, and fifty agents that speak at once: what the console has to do does not grow with either. How many frames a second that
 * makes is a figure of `bench` (`console`).
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { ScriptedGateway } from '../client/scripted-gateway.ts';
import { launchBrowser } from '../page/browser.ts';
import { eventually } from '../support/process.ts';
import { Crowd, longTalk, openTalk } from './crowd.ts';
import { serveConsole } from './stage.ts';

const EVENTS = 10_000;
const STREAMS = 50;
/** Tokens of each of them between two frames. */
const TOKENS = 40;
/** Elements of the page, however long the session is: a snapshot has 200 entries, the list the rows on the screen. */
const MOST_ELEMENTS = 6_000;

let browser: Browser;
let gateway: ScriptedGateway;
let page: Page;
/** The last token of a round that the page has received. */
let received = '';
const log = longTalk(EVENTS - STREAMS);
const crowd = new Crowd(log, STREAMS);
const errors: Error[] = [];

/** In the page. */
interface Held {
  /** Frames come when they are asked for. */
  holdFrames(): void;
  runFrame(): void;
  /** Counts what is drawn from now on. */
  watch(): void;
  drawn(): Drawn;
}

interface Drawn {
  /** Changes of lanes, and of all that is said. */
  readonly lanes: number;
  readonly said: number;
  /** Blocks that were complete at the beginning, and those of them that are still the same. */
  readonly blocks: number;
  readonly kept: number;
}

/** Runs in the page, before it does anything. */
function frames(): void {
  const next = globalThis.requestAnimationFrame.bind(globalThis);
  const cancel = globalThis.cancelAnimationFrame.bind(globalThis);
  let held: Map<number, FrameRequestCallback> | null = null;
  let last = 0;
  globalThis.requestAnimationFrame = (run) => {
    if (!held) return next(run);
    last -= 1;
    held.set(last, run);
    return last;
  };
  globalThis.cancelAnimationFrame = (handle) => {
    held?.delete(handle);
    cancel(handle);
  };
  let [lanes, said]: [number, number] = [0, 0];
  let blocks: Element[] = [];
  const isIn = (node: Node, selector: string): boolean =>
    (node instanceof Element ? node : node.parentElement)?.closest(selector) !== null;
  const observer = new MutationObserver((changes) => {
    lanes += changes.filter(({ target }) => isIn(target, '.lane-said')).length;
    said += changes.filter(({ target }) => isIn(target, '.markdown')).length;
  });
  Object.assign(globalThis, {
    holdFrames: () => void (held ??= new Map()),
    runFrame: () => {
      const due = held ?? new Map<number, FrameRequestCallback>();
      held = new Map();
      for (const run of due.values()) run(performance.now());
    },
    watch: () => {
      [lanes, said] = [0, 0];
      blocks = [...document.querySelectorAll('.markdown > :not(:last-child)')];
      observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    },
    drawn: () => ({
      ...{ lanes, said, blocks: blocks.length },
      kept: blocks.filter((each) => each.isConnected).length,
    }),
  } satisfies Held);
}

const held = <R>(work: (page: Held) => R): Promise<R> => page.evaluate<R>(`(${String(work)})(globalThis)`);

const wordIsIn = (selector: string, word: string): Promise<number> =>
  page.locator(selector).filter({ hasText: word }).count();

beforeAll(async () => {
  [browser, gateway] = await Promise.all([launchBrowser(), serveConsole(log)]);
  page = await openTalk(browser, gateway, {
    errors,
    before: async (made) => {
      await made.addInitScript(frames);
      made.on('websocket', (socket) =>
        socket.on('framereceived', ({ payload }) => {
          const text = String(payload);
          if (text.includes(`tz.b${STREAMS - 1}.1`)) received = text;
        }),
      );
    },
  });
}, 60_000);

afterAll(async () => {
  await browser.close();
  await gateway.stop();
  expect(errors).toEqual([]);
});

/** Everybody says so many tokens before there is a frame; then frames come until all of it is drawn. Resolves with how many these were. */
async function speak(
  tokens: number,
): Promise<{ readonly before: Drawn; readonly frames: number; readonly after: Drawn }> {
  await held((there) => {
    there.holdFrames();
    there.watch();
  });
  for (let token = 0; token < tokens; token += 1) gateway.push(...crowd.speak());
  const word = `word ${crowd.said} `;
  await eventually('it has come', () => received.includes(word));
  const before = await held((there) => there.drawn());
  let run = 0;
  await eventually('it is drawn', async () => {
    run += 1;
    await held((there) => there.runFrame());
    const [lanes, texts] = [await wordIsIn('.lane-said', word), await wordIsIn('.step .markdown', word)];
    return lanes === STREAMS && texts === STREAMS;
  });
  return { before, frames: run, after: await held((there) => there.drawn()) };
}

test('all events are there, of which only those on the screen are drawn; any is found', async () => {
  const all = log.events.length;
  await page
    .getByRole('status')
    .filter({ hasText: all.toLocaleString('en-US') })
    .waitFor();
  expect(await page.locator('.event-row').count()).toBeLessThan(100);
  expect(await page.locator('*').count()).toBeLessThan(MOST_ELEMENTS);
  await page.getByLabel('Search events').fill('Question 1234');
  await page
    .getByRole('status')
    .filter({ hasText: /^1 of / })
    .waitFor();
  await page.getByLabel('Search events').fill('');
});

test(`what ${STREAMS} agents say between two frames is drawn once`, async () => {
  gateway.push(...crowd.start());
  await page
    .locator('.lane')
    .nth(STREAMS - 1)
    .waitFor();
  gateway.push(...crowd.speak());
  await page
    .locator('.step .markdown')
    .nth(STREAMS - 1)
    .waitFor();
  const { before, frames: run, after } = await speak(TOKENS);
  expect(before).toMatchObject({ lanes: 0, said: 0 });
  expect(after.lanes).toBeLessThanOrEqual(run * STREAMS);
  expect(run * STREAMS).toBeLessThan(TOKENS * STREAMS);
  expect(await page.locator('*').count()).toBeLessThan(MOST_ELEMENTS);
});

test('a token costs its own block, however much was said before', async () => {
  const first = (await speak(1)).after;
  await speak(TOKENS - 1);
  const last = (await speak(1)).after;
  expect(last.said).toBeLessThanOrEqual(2 * first.said);
  expect(last.blocks).toBeGreaterThan(first.blocks);
  for (const { blocks, kept } of [first, last]) expect(kept).toBe(blocks);
});
