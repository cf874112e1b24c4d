/** What the tests of the page share: the built page, a browser, and gateways that say what a test tells them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { FakeLog } from '../client/fake-log.ts';
import type { Frame } from '../client/fake-log.ts';
import { ScriptedGateway } from '../client/scripted-gateway.ts';
import { launchBrowser } from './browser.ts';
import { servePage } from './page-server.ts';
import type { PageServer } from './page-server.ts';

const BUILDER = fileURLToPath(new URL('../../scripts/build-page.mjs', import.meta.url));

export interface Stage {
  readonly browser: Browser;
  readonly server: PageServer;
  stop(): Promise<void>;
}

/** Builds and serves the page and starts a browser: once for a file of tests. */
export async function startStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'convoke-page-'));
  const { buildPage } = (await import(BUILDER)) as { buildPage: (folder: string) => Promise<string> };
  const server = await servePage(await buildPage(folder));
  const browser = await launchBrowser();
  return {
    browser,
    server,
    stop: async () => {
      await browser.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One session with its gateways and tabs: for one test. */
export class Play {
  readonly log = new FakeLog('s1');
  readonly gateways: ScriptedGateway[] = [];
  /** What went wrong in the pages' own code. */
  readonly errors: Error[] = [];
  readonly #stage: Stage;
  readonly #pages: Page[] = [];

  constructor(stage: Stage, agents: readonly string[]) {
    this.#stage = stage;
    this.log.view = { ...this.log.view, agents };
  }

  async addGateway(port?: number): Promise<ScriptedGateway> {
    const gateway = await ScriptedGateway.start(this.log, port);
    this.gateways.push(gateway);
    return gateway;
  }

  /** A tab of its own with the session's page. */
  async visit(options: BrowserContextOptions = {}, query = ''): Promise<Page> {
    const context = await this.#stage.browser.newContext(options);
    const page = await context.newPage();
    this.#pages.push(page);
    page.on('pageerror', (error) => this.errors.push(error));
    const gateways = this.gateways.map((gateway) => gateway.url).join(',');
    await page.goto(`${this.#stage.server.url}/?gateways=${gateways}${query}#session=s1`);
    return page;
  }

  /** As `visit`, up to where the session is followed. */
  async join(options: BrowserContextOptions = {}, query = ''): Promise<Page> {
    const page = await this.visit(options, query);
    await online(page);
    return page;
  }

  push(...frames: Frame[]): void {
    for (const gateway of this.gateways) gateway.push(...frames);
  }

  async end(): Promise<void> {
    for (const page of this.#pages) await page.context().close();
    for (const gateway of this.gateways) await gateway.stop();
  }
}

/** Resolves once the page follows the session. */
export async function online(page: Page): Promise<void> {
  // In the panel behind the pill, which may be shut.
  await page.locator('#how', { hasText: /^(Joined|Resumed)/ }).waitFor({ state: 'attached' });
}

/** Resolves once something that matches is on the screen with that text. */
export async function see(page: Page, selector: string, text: string | RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: text, visible: true }).first().waitFor();
}

/** The texts of all that match. */
export function textsOf(page: Page, selector: string): Promise<string[]> {
  return page.locator(selector).allTextContents();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.locator('#text').fill(text);
  await page.keyboard.press('Enter');
}
