/** Questions about a session that come while another one is asked: they wait for it, and are asked together next. */
import { sessionKey, type SessionRef } from '../ids.ts';

/** The answers in the order of the questions. */
type AskMany<Q, A> = (ref: SessionRef, questions: readonly Q[]) => Promise<readonly A[]>;

interface Asked<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * However many ask, each session is asked one thing at a time; and an answer is never older than its question, as it would be if those who
 * come later were given what is under way.
 */
export class Batches<Q, A> {
  readonly #ask: AskMany<Q, A>;
  readonly #most: number;
  /** By session that is being asked: those who come next. */
  readonly #waiting = new Map<string, Asked<Q, A>[]>();

  /** `most`: questions at a time. */
  constructor(ask: AskMany<Q, A>, most: number) {
    this.#ask = ask;
    this.#most = most;
  }

  /** Rejects with what `ask` throws. */
  ask(ref: SessionRef, question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      const asked = { question, resolve, reject };
      const waiting = this.#waiting.get(sessionKey(ref));
      if (waiting) waiting.push(asked);
      else void this.#begin(ref, asked);
    });
  }

  async #begin(ref: SessionRef, first: Asked<Q, A>): Promise<void> {
    const waiting: Asked<Q, A>[] = [];
    this.#waiting.set(sessionKey(ref), waiting);
    for (let batch = [first]; batch.length > 0; batch = waiting.splice(0, this.#most))
      await this.#run(ref, batch);
    this.#waiting.delete(sessionKey(ref));
  }

  async #run(ref: SessionRef, batch: readonly Asked<Q, A>[]): Promise<void> {
    try {
      const answers = await this.#ask(
        ref,
        batch.map(({ question }) => question),
      );
      if (answers.length !== batch.length) throw new Error('there is not one answer for each question');
      answers.forEach((answer, index) => batch[index]?.resolve(answer));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
