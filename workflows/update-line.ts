/**
 * The updates of a session that have come, and act one after the other, each once everything that came before it has taken its course inside
 * the workflow task.
 *
 * Why they wait: while local activities hold a workflow task open, the SDK extends it by tasks without commands. On replay it joins them, and
 * an update that came in one of the later ones is handed over with the jobs of the first: before local activities that had ended when it
 * really came (SDK 1.24; `test/workflows/updates.test.ts` has such a history). If it acted at once, the replay would not call the activities
 * of the recorded run, and no worker could ever take the session over again.
 */
import { condition } from '@temporalio/workflow';

export class UpdateLine<S> {
  readonly #waiting: object[] = [];
  readonly #ready: () => S | null;

  /** `ready`: the session, if no local activity of it runs and none is about to be called. */
  constructor(ready: () => S | null) {
    this.#ready = ready;
  }

  async act<T>(act: (session: S) => T | Promise<T>): Promise<T> {
    const own = {};
    this.#waiting.push(own);
    // The first look is made at once, before the activation's other jobs: not then.
    let isFirstLook = true;
    for (;;) {
      await condition(() => {
        const isNext = !isFirstLook && this.#waiting[0] === own && this.#ready() !== null;
        isFirstLook = false;
        return isNext;
      });
      const session = this.#ready();
      if (session === null) continue;
      this.#waiting.shift();
      return act(session);
    }
  }
}
