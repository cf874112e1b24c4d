/** Puts a changed configuration into the place of the one that runs, once it is known to be right. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CheckedConfig } from '../commands/check.ts';
import { failureOf } from '../failure.ts';
import type { Failure } from '../failure.ts';
import { CONFIG_NAME } from './check.ts';
import { watchFiles } from './watch.ts';

/** What came of a change. `changed`: the files. */
export type ReloadNews =
  /** Workers have it; `ms`: since the change was seen. */
  | { readonly what: 'replaced'; readonly changed: readonly string[]; readonly ms: number }
  /** It is wrong: workers keep the one before. */
  | { readonly what: 'wrong'; readonly failure: Failure }
  /** It was wrong, and is again what workers have. */
  | { readonly what: 'mended' };

export interface ReloadOptions {
  readonly folder: string;
  readonly check: () => Promise<CheckedConfig>;
  /** Replaces every worker. Throws if a new one does not start; the old one then goes on. */
  readonly replace: () => Promise<void>;
  readonly tell: (news: ReloadNews) => void;
}

export class Reloader {
  /** Names of those that the workers are started with. */
  readonly agents: readonly string[];
  readonly #options: ReloadOptions;
  /** Of the files that the workers have loaded. */
  #running: string;
  #isWrong = false;
  #changed = new Set<string>();
  #round: Promise<void> | null = null;
  #unwatch: () => void;
  #isBegun = false;
  #isStopped = false;

  /** Watches from now on. `checked`: what the workers are about to be started with. */
  constructor(checked: CheckedConfig, options: ReloadOptions) {
    this.agents = checked.agents;
    this.#options = options;
    this.#unwatch = this.#watch(checked.files);
    this.#running = printOf(checked.files);
  }

  /** The workers run: deals with changes, those that came meanwhile too. */
  begin(): void {
    this.#isBegun = true;
    this.#go();
  }

  /** Resolves once a change that is being dealt with is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unwatch();
    await this.#round;
  }

  #watch(files: readonly string[]): () => void {
    const { folder } = this.#options;
    return watchFiles({ files, folder, isMeant: (name) => CONFIG_NAME.test(name) }, (changed) => {
      for (const file of changed) this.#changed.add(file);
      this.#go();
    });
  }

  #go(): void {
    if (this.#isBegun && this.#changed.size > 0) this.#round ??= this.#rounds();
  }

  /** One round after the other, as long as there were changes meanwhile. */
  async #rounds(): Promise<void> {
    while (this.#changed.size > 0 && !this.#isStopped) {
      const changed = [...this.#changed];
      this.#changed.clear();
      try {
        await this.#deal(changed);
      } catch (error) {
        this.#isWrong = true;
        this.#options.tell({ what: 'wrong', failure: failureOf(error) });
      }
    }
    this.#round = null;
  }

  async #deal(changed: readonly string[]): Promise<void> {
    const { check, replace, tell } = this.#options;
    const began = performance.now();
    const { files, error } = await check();
    if (this.#isStopped) return;
    // Only then the watch of before ends: no change is missed.
    const unwatch = this.#unwatch;
    this.#unwatch = this.#watch(files);
    unwatch();
    if (error) {
      this.#isWrong = true;
      tell({ what: 'wrong', failure: error });
      return;
    }
    const print = printOf(files);
    const wasWrong = this.#isWrong;
    this.#isWrong = false;
    if (print === this.#running) {
      if (wasWrong) tell({ what: 'mended' });
      return;
    }
    // If that fails, some workers may have it.
    this.#running = '';
    await replace();
    this.#running = print;
    tell({ what: 'replaced', changed, ms: performance.now() - began });
  }
}

function printOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    try {
      hash.update(`${file}\n`).update(readFileSync(file));
    } catch {
      // It is imported and not there.
    }
  }
  return hash.digest('hex');
}
