/** Sessions that older versions began must go on under this one: their recorded histories replay to the same commands. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';
import { Runtime, Worker } from '@temporalio/worker';
import { workflowBundle } from '../support/bundle.ts';

const FOLDER = new URL('./histories/', import.meta.url);
const { History } = proto.temporal.api.history.v1;

afterAll(() => Runtime.instance().shutdown());

function read(file: string): temporal.api.history.v1.History {
  return History.fromObject(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as object);
}

async function replay(history: temporal.api.history.v1.History): Promise<void> {
  const options = { workflowBundle: await workflowBundle(), replayName: 'recorded' };
  await Worker.runReplayHistory(options, history, 'session:acme:recorded');
}

test.each(readdirSync(FOLDER))('%s', async (file) => {
  const history = read(file);
  expect(history.events.length).toBeGreaterThan(20);
  await replay(history);
});

test('a history that this version would not have made is noticed', async () => {
  const history = read('conversation.json');
  const scheduled = history.events.find((event) => event.activityTaskScheduledEventAttributes);
  scheduled!.activityTaskScheduledEventAttributes!.activityType = { name: 'somethingElse' };
  await expect(replay(history)).rejects.toThrow(/TMPRL1100/);
});
