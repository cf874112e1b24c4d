/** One attempt of an agent, from an open step to what was said: streams it into the log, and stops when the step ends elsewhere. */
import {
  ConvokeError,
  type FinishReason,
  type LoggedEvent,
  type Stamps,
  type ToolCall,
  type Usage,
  type Wait,
} from '../../src/contracts/index.ts';
import type { RunPiece } from '../agents/runner.ts';
import { TurnStopped } from '../turn/stops.ts';
import { DeltaWriter } from './delta-writer.ts';
import type { StepMeasure } from './measure.ts';
import type { OpenStep } from './open-step.ts';
import { hasTimeToSpare } from './spare.ts';
import { Speech, type SpeechBounds } from './speech.ts';
import type { Stopped } from './way.ts';

export interface Said {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly ToolCall[];
  readonly usage: Usage | undefined;
  readonly finish: FinishReason | undefined;
  readonly stamps?: Pick<Stamps, 'first' | 'last'>;
  readonly waits?: readonly Wait[];
}

/** `end`: the step has ended meanwhile, by somebody else. `error`: what the agent failed with, after having said this. */
export type Heard =
  | { readonly end: LoggedEvent }
  | { readonly said: Said; readonly failed: { readonly error: unknown } | null };

/** Stops the agent of a step that has ended. Made once: an error costs its stack trace. */
const OVER = new ConvokeError('agent_failed', 'The step has ended.');

export class Attempt {
  readonly #open: OpenStep;
  readonly #stop: AbortSignal;
  readonly #measure: Pick<StepMeasure, 'heard'>;
  readonly #over = new AbortController();
  #end: LoggedEvent | null = null;
  /** What went wrong in the engine while the agent spoke. */
  #broken: { readonly error: unknown } | null = null;

  /** `stop`: the turn has been stopped. */
  constructor(open: OpenStep, stop: AbortSignal, measure: Pick<StepMeasure, 'heard'>) {
    this.#measure = measure;
    this.#open = open;
    this.#stop = stop;
  }

  /** Throws what is wrong in the engine, and the reason of `stop`. */
  async hear(bounds: SpeechBounds, speak: (signal: AbortSignal) => AsyncIterable<RunPiece>): Promise<Heard> {
    const writer = new DeltaWriter(
      { send: (delta, stopped) => this.#open.send(delta, stopped), reopen: () => this.#reopen() },
      (error) => {
        this.#broken = { error };
        this.#over.abort(error);
      },
    );
    const speech = new Speech(bounds, AbortSignal.any([this.#stop, this.#over.signal]));
    const began = performance.now();
    const failed = await this.#listen(speech, speak, writer);
    const stopped = failed ? this.#stopped() : undefined;
    this.#measure.heard(began, speech, { finish: speech.finish, text: writer.text, failed, stopped });
    await writer.stop(this.#open.endIsDurableFirst && hasTimeToSpare());
    if (this.#end) return { end: this.#end };
    if (this.#broken) throw this.#broken.error;
    this.#stop.throwIfAborted();
    const { calls, usage, finish, stamps, waits } = speech;
    const { text, reasoning } = writer;
    return { said: { text, reasoning, calls, usage, finish, stamps, waits }, failed };
  }

  async #listen(
    speech: Speech,
    speak: (signal: AbortSignal) => AsyncIterable<RunPiece>,
    writer: DeltaWriter,
  ): Promise<{ readonly error: unknown } | null> {
    try {
      await speech.listen(speak(speech.signal), {
        text: (text) => writer.write('text', text),
        reasoning: (text) => writer.write('reasoning', text),
      });
      return null;
    } catch (error) {
      return { error };
    }
  }

  /** Why its agent was stopped; undefined: it was not. */
  #stopped(): Stopped | undefined {
    if (this.#end) return this.#end.type === 'step.cancelled' ? 'cancelled' : 'superseded';
    if (!this.#broken && !this.#stop.aborted) return undefined;
    const why: unknown = this.#broken ? this.#broken.error : this.#stop.reason;
    return why instanceof TurnStopped ? why.kind : 'fault';
  }

  async #reopen(): Promise<boolean> {
    this.#end = await this.#open.open();
    if (this.#end) this.#over.abort(OVER);
    return this.#end === null;
  }
}
