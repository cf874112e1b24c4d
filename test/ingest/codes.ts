import { isConvokeError } from '../../src/contracts/index.ts';

/** What a call throws, by its code; throws anything else again. */
export function codeOf(run: () => unknown): string {
  try {
    run();
    return 'ok';
  } catch (error) {
    if (isConvokeError(error)) return error.code;
    throw error;
  }
}
