import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { refuse } from '../client/scripted-gateway.ts';
import { online, Play, say, see, startStage, textsOf } from './setup.ts';
import type { Stage } from './setup.ts';

let stage: Stage;
let play: Play;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  play = new Play(stage, ['Ann', 'Ben']);
  await play.addGateway();
});
afterEach(async () => {
  await play.end();
  expect(play.errors).toEqual([]);
});

/** A turn in which Ann has begun to speak. */
function begin(): void {
  const { log } = play;
  play.push(...log.message('m1', 't1', 'Go on.'), log.start('t1', 't1.1', 'Ann'), log.say('t1.1', 'one '));
}

describe('the connection', () => {
  test('a reload in the middle of a stream shows everything as it was, and goes on', async () => {
    const page = await play.join();
    begin();
    await see(page, '.markdown', 'one');
    await page.reload();
    await online(page);
    await see(page, '.markdown', /^one\s*$/);
    play.push(play.log.say('t1.1', 'two'));
    await see(page, '.markdown', /^one two\s*$/);
  });

  test('when a gateway dies the other one goes on: nothing is missing, nothing is there twice', async () => {
    const { log } = play;
    await play.addGateway();
    const page = await play.join();
    begin();
    await see(page, '.markdown', 'one');
    const first = play.gateways.shift()!;
    await first.stop();
    log.say('t1.1', 'two ');
    await online(page);
    await page.locator('#how', { hasText: /^Resumed/ }).waitFor({ state: 'attached' });
    play.push(log.say('t1.1', 'three'));
    await see(page, '.markdown', /^one two three\s*$/);
  });

  test('offline it counts down, keeps what is written, and sends it in order once back', async () => {
    const page = await play.join();
    const gateway = play.gateways.shift()!;
    await gateway.stop();
    await see(page, '#state', /Offline · again in \d+ s/);
    await say(page, 'first');
    await say(page, 'second');
    await see(page, '.receipt', 'Not sent yet');
    expect(await textsOf(page, '.message .text')).toEqual(['first', 'second']);
    const again = await play.addGateway(gateway.port);
    const sent = await again.sends.reached(2);
    expect(sent.map((each) => each.text)).toEqual(['first', 'second']);
    await page.locator('[data-progress=waiting]').first().waitFor({ state: 'detached' });
  });

  test('an accepted message that nobody works on yet is there after a reload, and once when it starts', async () => {
    const { log } = play;
    const page = await play.join();
    await say(page, 'Is a worker there?');
    await see(page, '.message', 'Is a worker there?');
    await see(page, '.receipt', /^Received$/);
    const [sent] = play.gateways[0]!.sends.items;
    await page.reload();
    await online(page);
    await see(page, '.receipt', /^Received$/);
    await see(page, '.message', 'Is a worker there?');
    play.push(...log.message(sent!.messageId, 't1', 'Is a worker there?'));
    await see(page, '.receipt', 'Being answered');
    expect(await page.locator('.message').count()).toBe(1);
  });

  test('an unsent message survives a reload and keeps its id', async () => {
    const page = await play.join();
    const [gateway] = play.gateways;
    gateway!.script = (name) => (name === 'send' ? 'silence' : undefined);
    await say(page, 'hold this');
    await see(page, '.receipt', 'Sending');
    gateway!.script = () => undefined;
    await page.reload();
    await see(page, '.message .text', 'hold this');
    await see(page, '.receipt', /^Received$/);
    const [before, after] = await gateway!.sends.reached(2);
    expect(after!.messageId).toBe(before!.messageId);
  });

  test('a message that waits for a limit says so, and when it goes on', async () => {
    const page = await play.join();
    const [gateway] = play.gateways;
    gateway!.script = (name) => (name === 'send' ? refuse('rate_limited', 60_000) : undefined);
    await say(page, 'one more');
    await see(page, '.receipt', /^Not sent yet, goes on at \d.*: The tenant sends too much\.$/);
  });

  test('a wrong key is named, another one is taken and remembered', async () => {
    const [gateway] = play.gateways;
    gateway!.refusals.push('unauthorized');
    const page = await play.visit();
    await see(page, '#problem', 'The key is missing or not valid');
    await see(page, '#state', 'Refused');
    await page.locator('#key').fill('better');
    await page.keyboard.press('Enter');
    await online(page);
    expect(await page.locator('#problem').isHidden()).toBe(true);
    await page.reload();
    await online(page);
    expect(gateway!.tokens.items).toEqual(['dev', 'better', 'better']);
  });
});

describe('the banner', () => {
  test('says which part is away and what that means, until it is back', async () => {
    const checks = { temporal: 'ok', redis: 'failed' };
    const [gateway] = play.gateways;
    gateway!.rest = (request, response) => {
      const known = request.url === '/readyz';
      response.writeHead(known ? 200 : 404, { 'Access-Control-Allow-Origin': '*' });
      response.end(known ? JSON.stringify({ ready: true, checks }) : '{}');
    };
    const page = await play.join();
    await see(page, '#banner', 'Redis is away. Messages are safe');
    checks.redis = 'ok';
    await page.locator('#banner').waitFor({ state: 'hidden' });
    const { port } = play.gateways.shift()!;
    await gateway!.stop();
    await see(page, '#banner', 'The gateway does not answer.');
    await play.addGateway(port);
    await page.locator('#banner').waitFor({ state: 'hidden' });
  });
});

describe('a session', () => {
  test('that does not exist is started with a ready-made team, under the id of the link', async () => {
    const [gateway] = play.gateways;
    const opened: Record<string, unknown>[] = [];
    gateway!.script = (name, request) => {
      if (name === 'open') opened.push(request);
      return name === 'subscribe' && opened.length === 0 ? refuse('session_not_found') : undefined;
    };
    const page = await play.visit();
    await page.getByRole('radio', { name: /One that stumbles/ }).check();
    await page.getByRole('button', { name: 'Start session' }).click();
    await online(page);
    expect(opened).toMatchObject([{ id: 's1', agents: [{ name: 'Stumbler' }, { name: 'Ben' }] }]);
    expect(await page.locator('#start').isHidden()).toBe(true);
  });

  test('that somebody else has started meanwhile is joined', async () => {
    const [gateway] = play.gateways;
    let there = false;
    gateway!.script = (name) => {
      if (name === 'open') there = true;
      if (name === 'open') return refuse('session_exists');
      return name === 'subscribe' && !there ? refuse('session_not_found') : undefined;
    };
    const page = await play.visit();
    await page.getByRole('button', { name: 'Start session' }).click();
    await online(page);
    await see(page, '#hint', 'Say something to Ann and Ben.');
    expect(await page.locator('#problem').isHidden()).toBe(true);
  });

  test('without a link a visitor gets a new id, which the link then has', async () => {
    const page = await play.join();
    await page.getByRole('link', { name: 'New session' }).click();
    await page.waitForURL(/#session=[a-z0-9]{12}$/);
    const id = new URL(page.url()).hash.slice('#session='.length);
    await see(page, '#session', id);
    await page.goBack();
    await see(page, '#session', 's1');
  });
});
