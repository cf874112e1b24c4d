/** Local activities: they run inside the workflow task, which costs one history event instead of six. */
import { scheduleLocalActivity, type LocalActivityOptions } from '@temporalio/workflow';

export class Inside {
  #running = 0;

  /** One is under way. */
  get isBusy(): boolean {
    return this.#running > 0;
  }

  async run<T>(activity: string, input: unknown, options: LocalActivityOptions): Promise<T> {
    this.#running += 1;
    try {
      return await scheduleLocalActivity<T>(activity, [input], options);
    } finally {
      this.#running -= 1;
    }
  }
}
