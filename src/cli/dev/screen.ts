/** The display of a development stack: what is starting, for how long, and what happened. With `--json`: one object per line. */
import { duration, painter, Transcript } from '../terminal.ts';
import type { Output, Style } from '../terminal.ts';
import { basename } from 'node:path';
import type { ChildNews } from './child.ts';
import type { ReloadNews } from './reload.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
/** Without a terminal, a long step reports that it is still running this often, ms. */
const STILL_MS = 15_000;
const NAME_COLUMN = 12;
const CLEAR_LINE = '\r\u001b[2K';

interface Step {
  readonly name: string;
  /** `performance.now()` at its start. */
  readonly since: number;
  /** Its last progress message. */
  detail: string;
}

export interface StepOptions<T> {
  /** Shown next to the name after success. */
  readonly detail?: (result: T) => string;
  /** Shown only once it reports progress: usually there is nothing to do. */
  readonly quiet?: boolean;
}

function standing({ name, since, detail }: Step): string {
  const time = duration(performance.now() - since);
  return detail ? `${name} ${time}: ${detail}` : `${name} ${time}`;
}

export class Screen {
  readonly #output: Output;
  readonly #json: boolean;
  readonly #paint: (style: Style, text: string) => string;
  /** What is said; a line from here interrupts it. */
  readonly transcript: Transcript;
  readonly #running = new Set<Step>();
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;

  constructor(json: boolean, output: Output = process.stdout) {
    this.#json = json;
    this.#output = output;
    this.#paint = painter(output);
    this.transcript = new Transcript(output);
  }

  get json(): boolean {
    return this.#json;
  }

  paint(style: Style, text: string): string {
    return this.#paint(style, text);
  }

  /** A line for people. */
  line(text = ''): void {
    if (this.#json) return;
    this.#clear();
    this.transcript.end();
    this.#output.write(`${text}\n`);
  }

  /** An object for programs. */
  object(value: Readonly<Record<string, unknown>>): void {
    if (this.#json) this.#output.write(`${JSON.stringify(value)}\n`);
  }

  /** Runs a step and shows its progress, duration and outcome. */
  async step<T>(
    name: string,
    work: (progress: (text: string) => void) => Promise<T>,
    options: StepOptions<T> = {},
  ): Promise<T> {
    const step: Step = { name, since: performance.now(), detail: '' };
    if (!options.quiet) this.#show(step);
    try {
      const result = await work((text) => this.#progress(step, text));
      this.#done(step, true, options.detail?.(result));
      return result;
    } catch (error) {
      this.#done(step, false);
      throw error;
    }
  }

  /** Forgets the running steps: their outcome is no longer shown. */
  forgetSteps(): void {
    this.#running.clear();
    this.#settle();
  }

  /** Reports an event of a process. */
  news(name: string, news: ChildNews): void {
    this.object({ event: news.what === 'ended' ? 'process-ended' : 'process-back', name, ...news });
    if (news.what === 'back') {
      this.line(`  ${this.#paint('green', '✓')} ${name} is back after ${duration(news.afterMs)}`);
    } else {
      const what = `${name} ended (${news.how}); restarting in ${duration(news.againInMs)}`;
      this.line(`  ${this.#paint('yellow', '!')} ${what}`);
    }
  }

  /** Reports what came of a changed configuration. */
  reload(news: ReloadNews): void {
    switch (news.what) {
      case 'replaced': {
        const ms = Math.round(news.ms);
        this.object({ event: 'workers-replaced', changed: news.changed, ms });
        const files = news.changed.map((file) => basename(file)).join(', ');
        this.line(`  ${this.#paint('green', '✓')} ${files} changed; workers replaced in ${duration(ms)}`);
        return;
      }
      case 'wrong': {
        this.object({ event: 'config-wrong', ...news.failure });
        const { code, message } = news.failure;
        this.line(`  ${this.#paint('red', '✗')} ${code}: ${message}`);
        this.line('    The workers keep the configuration that they have.');
        return;
      }
      case 'mended':
        this.object({ event: 'config-mended' });
        this.line(`  ${this.#paint('green', '✓')} The configuration is again the one that the workers have`);
    }
  }

  #show(step: Step): void {
    this.#running.add(step);
    if (this.#json || this.#timer) return;
    const work = this.#output.isTTY ? this.#animate.bind(this) : this.#remind.bind(this);
    this.#timer = setInterval(work, this.#output.isTTY ? FRAME_MS : STILL_MS);
    this.#timer.unref();
  }

  #progress(step: Step, text: string): void {
    const first = step.detail === '';
    step.detail = text;
    this.#show(step);
    if (first && !this.#output.isTTY) this.line(`  … ${step.name}: ${text}`);
  }

  #done(step: Step, well: boolean, detail = ''): void {
    const { name, since } = step;
    const shown = this.#running.delete(step);
    this.#settle();
    // A quiet step without progress messages, or a forgotten one.
    if (!shown) return;
    const ms = performance.now() - since;
    this.object({ event: well ? 'started' : 'failed', name, ms: Math.round(ms), detail });
    const mark = well ? this.#paint('green', '✓') : this.#paint('red', '✗');
    const time = this.#paint('dim', duration(ms).padStart(8));
    this.line(`  ${mark} ${name.padEnd(NAME_COLUMN)} ${time}${detail && `  ${this.#paint('dim', detail)}`}`);
  }

  /** Clears the live line after the last step. */
  #settle(): void {
    if (this.#running.size > 0) return;
    this.#clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** On a terminal, the bottom line is live. */
  #animate(): void {
    this.#frame = (this.#frame + 1) % FRAMES.length;
    const text = `  ${FRAMES[this.#frame] ?? ''} ${[...this.#running].map(standing).join(' · ')}`;
    this.#output.write(`${CLEAR_LINE}${text.slice(0, (this.#output.columns ?? 80) - 1)}`);
  }

  #remind(): void {
    for (const step of [...this.#running]) this.line(`  … ${standing(step)}`);
  }

  #clear(): void {
    if (this.#timer && this.#output.isTTY) this.#output.write(CLEAR_LINE);
  }
}
