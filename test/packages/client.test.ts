/** The package `@convoke/client`, as somebody has it who installs it: from its tarball, in an empty folder. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { publint } from 'publint';
import { compile, inNode, installClient, run } from './install.ts';

const INSTALL_MS = 120_000;

let folder = '';
let tarball = '';

beforeAll(() => {
  ({ folder, tarball } = installClient());
}, INSTALL_MS);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each(['20', '22', '24'])(
  'imports and requires in Node %s',
  (major) => {
    const check =
      "typeof c.connect === 'function' && c.isRetryable(new c.ClientError('offline')) && k.applyEvent && typeof p.presenceOf";
    writeFileSync(
      join(folder, 'esm.mjs'),
      `import * as c from '@convoke/client'; import * as k from '@convoke/client/contracts'; import * as p from '@convoke/client/presence'; console.log(${check});`,
    );
    writeFileSync(
      join(folder, 'cjs.cjs'),
      `const c = require('@convoke/client'); const k = require('@convoke/client/contracts'); const p = require('@convoke/client/presence'); console.log(${check});`,
    );
    for (const file of ['esm.mjs', 'cjs.cjs'])
      expect(run('npx', inNode(major, file), folder)).toBe('function');
  },
  INSTALL_MS,
);

test('has types that a strict compiler takes, those of its dependencies too', () => {
  const source = `
    import { connect, type Session } from '@convoke/client';
    import { applyEvent, type SessionView } from '@convoke/client/contracts';
    import { presenceOf } from '@convoke/client/presence';
    import { feedbackOf } from '@convoke/client/feedback';
    const session: Session = connect({ url: 'http://localhost', token: 'dev' }).session('s');
    session.on('view', (view: SessionView) => view.entries.length);
    const here: number = presenceOf(session).list.present.length + presenceOf(session).list.count;
    void feedbackOf(session).give({ turn: 't1', thumb: 'up' }).then(({ by }) => by.length);
    export const fold: typeof applyEvent = applyEvent;
    // @ts-expect-error: a message has a text
    void session.send(7);
  `;
  writeFileSync(join(folder, 'esm.mts'), source);
  writeFileSync(join(folder, 'cjs.cts'), source);
  compile(folder, ['esm.mts', 'cjs.cts']);
}, 60_000);

test('installs socket.io-client and what that needs, nothing else', () => {
  const own = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
  expect(
    own.filter((name) => !/^(@|socket\.io-|engine\.io-|debug$|ms$|ws$|xmlhttprequest-ssl$)/.test(name)),
  ).toEqual([]);
  const manifest = JSON.parse(
    readFileSync(join(folder, 'node_modules/@convoke/client/package.json'), 'utf8'),
  ) as {
    dependencies: object;
  };
  expect(Object.keys(manifest.dependencies)).toEqual(['socket.io-client']);
});

test('is what publint and are-the-types-wrong accept', async () => {
  const pkgDir = join(dirname(tarball), 'client');
  expect((await publint({ pkgDir, pack: false })).messages).toEqual([]);
  const analysis = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  // The resolution before Node 12 knows no exports.
  const problems = analysis.types
    ? analysis.problems.filter((each) => !('resolutionKind' in each && each.resolutionKind === 'node10'))
    : ['no types'];
  expect(problems).toEqual([]);
}, 60_000);
