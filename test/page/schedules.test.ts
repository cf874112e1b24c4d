/** Schedules on the page: what is sent when, and what can be done about it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { refuse } from '../client/scripted-gateway.ts';
import { findings } from './axe.ts';
import { Play, see, startStage, textsOf } from './setup.ts';
import type { Stage } from './setup.ts';

let stage: Stage;
let play: Play;

beforeAll(async () => {
  stage = await startStage();
  play = new Play(stage, ['Ann']);
  await play.addGateway();
});
afterAll(async () => {
  await play.end();
  await stage.stop();
  expect(play.errors).toEqual([]);
});

const SCHEDULES = [
  {
    id: 'digest',
    cron: '0 9 * * *',
    zone: 'Europe/Berlin',
    session: 's1',
    paused: false,
    next: [Date.now()],
  },
  { id: 'weekly', cron: '0 8 * * 1', open: { agents: ['Ann'] }, paused: true, next: [] },
].map((each) => ({ ...each, message: { text: `The news of ${'x'.repeat(60)}` } }));

test('on a phone they are read, paused, resumed, fired and deleted; what goes wrong is told; axe finds nothing', async () => {
  const asked: string[] = [];
  play.gateways[0]!.script = (name, { id, act }) => {
    if (name === 'schedules') return { ok: true, value: { data: SCHEDULES, next: null } };
    if (name !== 'changeSchedule') return undefined;
    asked.push(`${String(act)} ${String(id)}`);
    return asked.length > 4 ? refuse('schedule_not_found') : { ok: true, value: {} };
  };
  const page = await play.join({ viewport: { width: 360, height: 640 } });
  page.on('dialog', (dialog) => void dialog.accept());
  await page.getByRole('button', { name: 'Sessions' }).click();
  await page.getByRole('button', { name: 'Schedules' }).click();
  await see(
    page,
    '#schedule-list li',
    /digest.*To s1: “The news.*Next at .* · 0 9 \* \* \* \(Europe\/Berlin\)/,
  );
  await see(page, '#schedule-list li', /weekly.*To a new session each time.*Paused · 0 8 \* \* 1 \(UTC\)/);
  expect(await findings(page)).toEqual([]);
  expect(await page.locator('#schedules').evaluate((node) => node.scrollWidth - node.clientWidth)).toBe(0);
  const digest = page.locator('#schedule-list li').first();
  const press = async (word: string, told: string): Promise<void> => {
    await digest.getByRole('button', { name: word }).click();
    await see(page, '#schedules-told', told);
  };
  await press('Pause', 'digest is paused.');
  await see(page, '#schedule-list li', /digest.*Paused/);
  await press('Resume', 'digest fires again.');
  await press('Fire now', 'digest has fired.');
  await press('Delete', 'digest is deleted.');
  expect(await textsOf(page, '#schedule-list strong')).toEqual(['weekly']);
  await press('Fire now', 'no such schedule');
  expect(asked).toEqual([
    ...['pause digest', 'resume digest', 'trigger digest', 'remove digest'],
    'trigger weekly',
  ]);
  await page.keyboard.press('Escape');
  await page.locator('#schedules').waitFor({ state: 'hidden' });
});
