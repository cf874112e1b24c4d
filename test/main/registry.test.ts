/** What a worker knows of tenants: their limits, and who is suspended. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createSqliteArchive } from '../../src/archive/index.ts';
import { refuseSuspended } from '../../src/main/firing.ts';
import { Opened } from '../../src/main/opened.ts';
import { heldLimits, watchRegistry } from '../../src/main/quota.ts';
import { createRegistry } from '../../src/tenants/index.ts';
import { eventually } from '../support/process.ts';

const act = { actor: 'test', at: 1 };
const opened = new Opened();
let archive: Awaited<ReturnType<typeof createSqliteArchive>>;

beforeAll(async () => {
  archive = await createSqliteArchive(':memory:');
});
afterAll(async () => {
  await opened.close();
  await archive.close();
});

test('a worker knows limits before it begins; of a suspended tenant no schedule sends, and no turn starts', async () => {
  const registry = createRegistry(archive.database);
  await registry.createTenant({ id: 'acme', name: 'acme', limits: { runningTurns: 2 } }, act);
  const directory = await watchRegistry(archive.database, opened);
  expect(directory.limitsOf('acme')).toEqual({ runningTurns: 2 });

  const fires = (): boolean => {
    try {
      refuseSuspended(directory, 'acme');
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'unauthorized' });
      return false;
    }
  };
  const changed: string[] = [];
  directory.onChange((tenant) => changed.push(tenant));
  const held = heldLimits((tenant) => directory.limitsOf(tenant) ?? {}, directory);
  expect(fires()).toBe(true);
  expect(held('acme')).toEqual({ runningTurns: 2 });
  await registry.changeTenant('acme', { status: 'suspended', name: 'acme' }, act);
  await eventually('the suspension is known', () => !fires());
  expect(held('acme')).toEqual({ runningTurns: 0 });
  expect(changed).toEqual(['acme']);
  await registry.changeTenant('acme', { status: 'active', name: 'acme' }, act);
  await eventually('the tenant goes on', fires);
  expect(held('acme')).toEqual({ runningTurns: 2 });
  await eventually('whoever waits is told', () => changed.length === 2);
});
