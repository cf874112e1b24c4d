/** Every link between the documents leads somewhere: to a file, and to a heading in it. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { documents, ROOT } from './documents.ts';

/** Without what stands in code. */
function prose(path: string): string {
  return readFileSync(path, 'utf8')
    .replace(/```[\s\S]*?```/g, '')
    .replace(/`[^`\n]*`/g, '');
}

/** As GitHub makes them. */
function anchors(path: string): readonly string[] {
  const headings =
    readFileSync(path, 'utf8')
      .replace(/```[\s\S]*?```/g, '')
      .match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replace(/ /g, '-'),
  );
}

function broken(path: string): readonly string[] {
  const links = [...prose(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : resolve(dirname(path), file);
    const there = statSync(target, { throwIfNoEntry: false });
    if (!there) return true;
    return anchor !== undefined && there.isFile() && !anchors(target).includes(anchor);
  });
}

test.each(documents().map((path) => [relative(ROOT, path), path]))('the links of %s', (_, path) => {
  expect(broken(path)).toEqual([]);
});
