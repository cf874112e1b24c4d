/**
 * Markdown of agents, who may say anything: markup in it is shown as text, links lead to the web or to a mailbox, and nothing is loaded (an
 * image is a link to it: its address could carry away what was said). DOMPurify has the last word on what marked makes.
 */
import DOMPurify from 'dompurify';
import type { Config } from 'dompurify';
import { Marked } from 'marked';
import type { Token, TokensList } from 'marked';
import { el } from './dom.ts';

/** A block longer than this is shown as it is written: parsing it anew for each token would be felt. Characters. */
const PLAIN_FROM = 32_768;
/** What a frame may spend on growing text: a part of the time since the last one. */
const SHARE = 8;
/** How long "Copied" stands on a button, ms. */
const COPIED_MS = 1_500;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '');

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escape(text),
    image: ({ href, text }) => `<a href="${escape(href)}">${escape(text || href)}</a>`,
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    // One level below that of the turn, whichever the model chose; the style keeps the difference.
    heading({ tokens, depth }) {
      return `<h3 class="depth-${depth}">${this.parser.parseInline(tokens)}</h3>`;
    },
  },
});

const ALLOWED: Config & { readonly RETURN_DOM_FRAGMENT: true } = {
  ALLOWED_TAGS: [
    ...['p', 'br', 'hr', 'h3', 'blockquote', 'ul', 'ol', 'li', 'a', 'em', 'strong', 'del', 'code', 'pre'],
    ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ],
  ALLOWED_ATTR: ['href', 'title', 'class', 'start', 'align'],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

/** The nodes of these blocks. Whatever cannot be parsed is shown as text. */
function render(tokens: Token[], links: TokensList['links']): Node {
  try {
    return finish(DOMPurify.sanitize(marked.parser(Object.assign(tokens, { links })), ALLOWED));
  } catch {
    return el('p', 'plain', tokens.map(({ raw }) => raw).join(''));
  }
}

/** Links open elsewhere; code can be copied; what is wide scrolls by itself, with the keyboard too. */
function finish(nodes: DocumentFragment): DocumentFragment {
  for (const link of nodes.querySelectorAll('a')) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
  }
  for (const pre of nodes.querySelectorAll('pre')) {
    const language = /^language-(.*)$/.exec(pre.firstElementChild?.className ?? '')?.[1] ?? '';
    const frame = el('div', 'code', el('p', 'code-head', el('span', '', language), copyButton(pre)));
    pre.replaceWith(frame);
    pre.tabIndex = 0;
    frame.append(pre);
  }
  for (const table of nodes.querySelectorAll('table')) {
    const frame = el('div', 'wide');
    table.replaceWith(frame);
    frame.tabIndex = 0;
    frame.append(table);
  }
  return nodes;
}

function copyButton(pre: HTMLElement): HTMLButtonElement {
  const button = el('button', 'quiet', 'Copy');
  button.type = 'button';
  button.ariaLabel = 'Copy this code';
  button.addEventListener('click', () => {
    const done = (word: string): void => {
      button.textContent = word;
      setTimeout(() => (button.textContent = 'Copy'), COPIED_MS);
    };
    // Only https pages and localhost have a clipboard.
    const { clipboard } = navigator as { clipboard?: Clipboard };
    const writing = clipboard?.writeText(pre.textContent) ?? Promise.reject(new Error('no clipboard'));
    writing.then(
      () => done('Copied'),
      () => done('Select and copy'),
    );
  });
  return button;
}

/** Text that grows, as Markdown. Blocks that are complete are rendered once; only the last one is parsed again. */
export class GrowingMarkdown {
  readonly node = el('div', 'markdown');
  readonly #tail: Node[] = [];
  #text = '';
  /** Characters at the beginning that will not be parsed again. */
  #settled = 0;
  #links: TokensList['links'] = {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Not all of the text is shown yet. */
  #isBehind = false;
  /** When it may be rendered again, on the clock of `performance.now()`. */
  #notBefore = 0;

  /** `ended`: nothing follows. */
  set(given: string, ended: boolean): void {
    const text = given.includes('\r') ? given.replaceAll(/\r\n?/g, '\n') : given;
    // What is complete is shown at once.
    if (text === this.#text && !(ended && this.#isBehind)) return;
    if (!text.startsWith(this.#text)) this.#clear();
    this.#text = text;
    clearTimeout(this.#timer);
    const early = this.#notBefore - performance.now();
    if (ended || early <= 0) this.#render(ended);
    else {
      this.#isBehind = true;
      this.#timer = setTimeout(() => this.#render(false), early);
    }
  }

  #clear(): void {
    this.node.replaceChildren();
    this.#tail.length = 0;
    this.#settled = 0;
    this.#links = {};
  }

  #render(ended: boolean): void {
    this.#isBehind = false;
    const began = performance.now();
    const rest = this.#text.slice(this.#settled);
    for (const node of this.#tail.splice(0)) node.parentNode?.removeChild(node);
    if (rest.length > PLAIN_FROM && !rest.slice(0, PLAIN_FROM).includes('\n\n'))
      this.#append(el('p', 'plain', rest));
    else this.#blocks(rest, ended);
    const now = performance.now();
    this.#notBefore = now + (now - began) * SHARE;
  }

  #blocks(rest: string, ended: boolean): void {
    const tokens = marked.lexer(rest);
    Object.assign(this.#links, tokens.links);
    // Blank lines may still belong to the block before them.
    const last = tokens.findLastIndex(({ type }) => type !== 'space');
    const complete = tokens.slice(0, ended ? tokens.length : Math.max(last, 0));
    const settled = complete.reduce((sum, { raw }) => sum + raw.length, 0);
    if (complete.length > 0) this.node.append(render(complete, this.#links));
    this.#settled += settled;
    if (complete.length < tokens.length) this.#append(render(tokens.slice(complete.length), this.#links));
  }

  /** At the end, until more comes. */
  #append(node: Node): void {
    this.#tail.push(...(node instanceof DocumentFragment ? node.childNodes : [node]));
    this.node.append(node);
  }
}
