/** `convoke top`: the deployment as it is now, in the terminal. */
import { emitKeypressEvents } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SystemStatus, TenantUsePage } from '../../contracts/index.ts';
import { failureOf } from '../failure.ts';
import { painter } from '../terminal.ts';
import { SORTS, topPage } from '../top-page.ts';
import type { Look, Shown, Sort } from '../top-page.ts';
import { askOperator } from './admin.ts';

export interface TopOptions {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly sort: Sort;
  /** Between two looks, ms. */
  readonly every: number;
}

/** Of a terminal; of anything else that of a wide one. */
function sizeOf({ columns = 120, rows = 24 }: { readonly columns?: number; readonly rows?: number }) {
  return { columns, rows };
}

async function look(): Promise<Shown> {
  const [system, { data }] = await Promise.all([
    askOperator<SystemStatus>({ path: 'system' }),
    askOperator<TenantUsePage>({ path: 'usage' }),
  ]);
  return { system, tenants: data };
}

/** Once if standard output is no terminal. Throws the gateway's refusal. */
export async function top(options: TopOptions): Promise<void> {
  const { stdin, stdout } = process;
  const shown = await look();
  if (options.json) stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  else if (options.once || !stdout.isTTY || !stdin.isTTY)
    stdout.write(page(shown, options.sort).join('\n') + '\n');
  else await new Screen(options, shown).run();
}

function page(shown: Shown, sort: Sort): readonly string[] {
  const { columns } = sizeOf(process.stdout);
  const how: Look = { sort, columns, paint: painter(process.stdout) };
  return topPage(shown, how);
}

const [ENTER, LEAVE] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];
/** To the first cell; and what is right of, and below, the cursor goes. */
const [HOME, LINE_END, BELOW] = ['\u001b[H', '\u001b[K', '\u001b[J'];

/** The page on a screen of its own, which what was there before comes back after. */
class Screen {
  readonly #everyMs: number;
  readonly #ended = new AbortController();
  #sort: Sort;
  #shown: Shown;
  #trouble = '';

  constructor({ every, sort }: TopOptions, shown: Shown) {
    this.#everyMs = every;
    this.#sort = sort;
    this.#shown = shown;
  }

  /** Until q, Ctrl-C or a signal. */
  async run(): Promise<void> {
    const { stdin, stdout } = process;
    const end = (): void => this.#ended.abort();
    const onKey = (_text: string, key: { readonly name?: string; readonly ctrl?: boolean }): void =>
      this.#key(key);
    const draw = (): void => this.#draw();
    emitKeypressEvents(stdin);
    stdin.setRawMode(true).on('keypress', onKey).resume();
    stdout.on('resize', draw).write(ENTER);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
    try {
      await this.#repeat();
    } finally {
      stdout.off('resize', draw).write(LEAVE);
      stdin.off('keypress', onKey).setRawMode(false).pause();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
    }
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#ended;
    do {
      this.#draw();
      await sleep(this.#everyMs, undefined, { signal }).catch(() => undefined);
      if (!this.#hasEnded()) await this.#look();
    } while (!this.#hasEnded());
  }

  #hasEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  /** What was shown stays while the gateway is away. */
  async #look(): Promise<void> {
    try {
      this.#shown = await look();
      this.#trouble = '';
    } catch (error) {
      const { code, message } = failureOf(error);
      this.#trouble = `${code}: ${message}`;
    }
  }

  #key({ name, ctrl = false }: { readonly name?: string; readonly ctrl?: boolean }): void {
    if (name === 'q' || (ctrl && name === 'c')) this.#ended.abort();
    if (name !== 's') return;
    this.#sort = SORTS[(SORTS.indexOf(this.#sort) + 1) % SORTS.length] ?? 'activity';
    this.#draw();
  }

  #draw(): void {
    const { rows, columns } = sizeOf(process.stdout);
    const paint = painter(process.stdout);
    const head = this.#trouble === '' ? [] : [paint('red', this.#trouble.slice(0, columns - 1))];
    const lines = [...head, ...page(this.#shown, this.#sort)].slice(0, rows - 2);
    const time = new Date(this.#shown.system.at).toISOString().slice(11, 19);
    const keys = `${time} UTC · q quits · s sorts (by ${this.#sort})`;
    const shown = [...lines, '', paint('dim', keys.slice(0, columns - 1))];
    process.stdout.write(HOME + shown.map((line) => `${line}${LINE_END}`).join('\n') + BELOW);
  }
}
