/** A terminal as an SVG: the text that a program wrote, with its colours, in light and dark. */

const COLUMN = 8.4;
const LINE = 19;
const PAD = 18;
/** All pictures are as wide as this, or wider. */
const COLUMNS = 100;

const ESCAPE = String.fromCharCode(27);
const TOKEN = new RegExp(`${ESCAPE}\\[[\\d;?]*[A-Za-z]|\\r(?!\\n)|\\r?\\n|[^${ESCAPE}\\r\\n]+`, 'g');
const STYLE = new RegExp(`^${ESCAPE}\\[([\\d;]*)m$`);

/** What is left on the screen, line by line: pieces of text with the SGR codes that hold for them. */
export function screenOf(written) {
  const lines = [[]];
  let style = '';
  for (const [token] of written.matchAll(TOKEN)) {
    const sgr = STYLE.exec(token);
    if (sgr) style = sgr[1] === '0' ? '' : sgr[1];
    else if (/\n$/.test(token)) lines.push([]);
    // The live line begins anew with a carriage return.
    else if (token === '\r') lines[lines.length - 1] = [];
    else if (!token.startsWith(ESCAPE)) lines.at(-1).push({ text: token, style });
  }
  return lines;
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const columnsOf = (line) => line.reduce((sum, { text }) => sum + text.length, 0);

function rowOf(line, row) {
  const columns = columnsOf(line);
  if (columns === 0) return '';
  const spans = line
    .map(({ text, style }) => (style ? `<tspan class="c${style}">${escaped(text)}</tspan>` : escaped(text)))
    .join('');
  const y = PAD + 14 + row * LINE;
  // Every font gets the same columns.
  return `<text x="${PAD}" y="${y}" textLength="${(columns * COLUMN).toFixed(1)}" lengthAdjust="spacingAndGlyphs">${spans}</text>`;
}

/** `title`: what the picture shows, for those who do not see it. */
export function pictureOf(title, lines) {
  const width = Math.ceil(Math.max(COLUMNS, ...lines.map(columnsOf)) * COLUMN + 2 * PAD);
  const height = lines.length * LINE + 2 * PAD;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328; white-space: pre }
rect { fill: #f6f8fa; stroke: #d1d9e0 }
.c1 { font-weight: 700 } .c2 { fill: #59636e }
.c31 { fill: #c62828 } .c32 { fill: #1a7f37 } .c33 { fill: #8a5a00 } .c34 { fill: #0550ae } .c35 { fill: #8250df } .c36 { fill: #0b6e75 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } rect { fill: #0d1117; stroke: #3d444d }
.c2 { fill: #9198a1 }
.c31 { fill: #ff7b72 } .c32 { fill: #56d364 } .c33 { fill: #e3b341 } .c34 { fill: #79c0ff } .c35 { fill: #d2a8ff } .c36 { fill: #56d4dd }
}
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${lines.map(rowOf).filter(Boolean).join('\n')}
</svg>
`;
}
