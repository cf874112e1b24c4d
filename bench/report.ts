/** How figures are told. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import type { NamedFigure } from './figure.ts';

function rounded(value: number | null): number | null {
  if (value === null || Number.isNaN(value)) return null;
  return Number(value.toPrecision(value >= 100 ? 4 : 3));
}

/** One object: `{figure: {value, bare, ratio, goal, ok}}`. */
export function asJson(figures: readonly NamedFigure[]): string {
  return JSON.stringify(
    Object.fromEntries(
      figures.map(({ name, value, bare, ratio, goal, ok }) => [
        name,
        { value: rounded(value), bare: rounded(bare), ratio: rounded(ratio), goal, ok },
      ]),
    ),
  );
}

/** A Markdown table, readable as it is. */
export function asTable(figures: readonly NamedFigure[]): string {
  const head = ['figure', 'value', 'bare', 'ratio', 'goal', ''];
  const rows = figures.map(({ title, value, bare, ratio, goal, ok }) => [
    title,
    ...[value, bare, ratio].map((each) => String(rounded(each) ?? '–')),
    goal,
    goal === 'stated' ? '' : ok ? 'met' : 'MISSED',
  ]);
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function version(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8' }).trim().split('\n')[0] ?? command;
  } catch {
    return command;
  }
}

/** The machine, in one line. */
export function machine(): string {
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const redis = version('redis-server', ['--version']).split(' ').slice(0, 3).join(' ');
  return [
    `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}`,
    memory,
    `${type()} ${release()}`,
    `Node ${process.versions.node}`,
    redis,
  ].join(', ');
}
