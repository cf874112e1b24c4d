/**
 * Markdown as React elements. No markup comes out of a text: HTML in it is shown as it is written, a link leads to the web or to a mailbox, and an
 * image is a link to it, as its address could carry away what was said.
 */
import { Fragment, memo, useEffect, useReducer, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';
import type { MarkedToken, Token, Tokens } from 'marked';
import { Copy } from '../copy.tsx';
import { Growing } from './growing.ts';
import type { MarkdownProps } from './index.tsx';

/** What is nested deeper is shown as it is written. */
const DEEPEST = 24;

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' },
};

function decoded(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,6})|(amp|lt|gt|quot|apos|nbsp));/g, (all, code, name) =>
    typeof name === 'string' ? (ENTITIES[name] ?? all) : String.fromCodePoint(Number(code)),
  );
}

/** The address, if it leads to the web or to a mailbox; null: it leads elsewhere. */
function safe(href: string): string | null {
  try {
    const { protocol, href: whole } = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(protocol) ? whole : null;
  } catch {
    return null;
  }
}

function Away({ href, children }: { readonly href: string; readonly children: ReactNode }): ReactElement {
  const address = safe(href);
  if (address === null) return <>{children}</>;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

function inline(tokens: readonly Token[] | undefined, depth: number): ReactNode[] {
  return (tokens ?? []).map((token, index) => (
    <Inline key={index} token={token as MarkedToken} depth={depth + 1} />
  ));
}

function Inline({ token, depth }: { readonly token: MarkedToken; readonly depth: number }): ReactNode {
  if (depth > DEEPEST) return token.raw;
  switch (token.type) {
    case 'strong':
      return <strong>{inline(token.tokens, depth)}</strong>;
    case 'em':
      return <em>{inline(token.tokens, depth)}</em>;
    case 'del':
      return <del>{inline(token.tokens, depth)}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return <Away href={token.href}>{inline(token.tokens, depth)}</Away>;
    case 'image':
      return <Away href={token.href}>{token.text || token.href}</Away>;
    case 'escape':
      return token.text;
    case 'text':
      return token.tokens ? inline(token.tokens, depth) : token.escaped ? token.text : decoded(token.text);
    default:
      return token.raw;
  }
}

function Code({ text, lang }: Pick<Tokens.Code, 'text' | 'lang'>): ReactElement {
  return (
    <div className="code">
      <div className="code-head">
        <span className="soft small">{lang}</span>
        <Copy label="Copy" text={text} />
      </div>
      <pre tabIndex={0} dir="ltr">
        <code>{text}</code>
      </pre>
    </div>
  );
}

function Table({ token, depth }: { readonly token: Tokens.Table; readonly depth: number }): ReactElement {
  const cells = (row: readonly Tokens.TableCell[], Cell: 'td' | 'th'): ReactElement => (
    <tr>
      {row.map(({ tokens, align }, index) => (
        <Cell key={index} dir="auto" data-align={align ?? undefined}>
          {inline(tokens, depth)}
        </Cell>
      ))}
    </tr>
  );
  return (
    // Focusable, so that it can be scrolled with the keyboard.
    <div className="wide" role="region" aria-label="Table" tabIndex={0}>
      <table>
        <thead>{cells(token.header, 'th')}</thead>
        <tbody>
          {token.rows.map((row, index) => (
            <Fragment key={index}>{cells(row, 'td')}</Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function List({ token, depth }: { readonly token: Tokens.List; readonly depth: number }): ReactElement {
  const Frame = token.ordered ? 'ol' : 'ul';
  const start = token.ordered && typeof token.start === 'number' ? token.start : undefined;
  return (
    <Frame dir="auto" start={start}>
      {token.items.map((item, index) => (
        <li key={index} data-task={item.task || undefined}>
          {blocks(item.tokens, depth)}
        </li>
      ))}
    </Frame>
  );
}

function blocks(tokens: readonly Token[], depth: number): ReactNode[] {
  return tokens.map((token, index) => <Block key={index} token={token as MarkedToken} depth={depth + 1} />);
}

interface BlockProps {
  readonly token: MarkedToken;
  readonly depth: number;
}

/** A token is drawn once: text that grows has the same objects for what is complete. */
const Block = memo(function Block({ token, depth }: BlockProps): ReactNode {
  if (depth > DEEPEST) return <p className="plain">{token.raw}</p>;
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'paragraph':
      return <p dir="auto">{inline(token.tokens, depth)}</p>;
    case 'heading':
      // One level below that of the turn, whichever was written; the style keeps the difference.
      return (
        <h3 dir="auto" data-depth={token.depth}>
          {inline(token.tokens, depth)}
        </h3>
      );
    case 'code':
      return <Code text={token.text} lang={token.lang ?? ''} />;
    case 'blockquote':
      return <blockquote dir="auto">{blocks(token.tokens, depth)}</blockquote>;
    case 'list':
      return <List token={token} depth={depth} />;
    case 'table':
      return <Table token={token} depth={depth} />;
    case 'hr':
      return <hr />;
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ ';
    case 'text':
      // In a list: a line. By itself: what could not be parsed.
      return token.tokens ? <>{inline(token.tokens, depth)}</> : <p className="plain">{token.text}</p>;
    default:
      return <p className="plain">{token.raw.trim()}</p>;
  }
});

export function Blocks({ text, isGrowing }: MarkdownProps): ReactElement {
  const [growing] = useState(() => new Growing());
  const [, again] = useReducer((times: number) => times + 1, 0);
  const earlyMs = isGrowing ? growing.notBefore - performance.now() : 0;
  const shown = earlyMs > 0 ? growing.blocks : growing.take(text, isGrowing);
  useEffect(() => {
    if (earlyMs <= 0) return undefined;
    const timer = setTimeout(again, earlyMs);
    return () => clearTimeout(timer);
  });
  return <div className="text markdown">{blocks(shown, 0)}</div>;
}
