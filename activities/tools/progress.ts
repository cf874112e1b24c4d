/** A call that tells of its progress by a callback, as pieces. */
import { LIMITS } from '../../src/contracts/index.ts';
import type { ToolPiece } from './tool.ts';

/** Notes that wait to be read; what a tool tells beyond that is dropped. */
const WAITING_NOTES = 256;

/** Each note is a line. Ends with the call, and throws what it throws. */
export async function* withProgress(
  call: (progress: (note: string) => void) => Promise<string>,
): AsyncGenerator<ToolPiece, void, undefined> {
  const notes: string[] = [];
  let wake = (): void => undefined;
  let lines = 0;
  const state = { isOver: false };
  const result = call((note: unknown) => {
    if (state.isOver || notes.length >= WAITING_NOTES) return;
    // JavaScript may tell anything.
    notes.push(String(note).slice(0, LIMITS.toolProgressChars));
    wake();
  });
  const over = (): void => {
    state.isOver = true;
    wake();
  };
  result.then(over, over);
  for (;;) {
    for (const note of notes.splice(0)) {
      yield { type: 'progress', text: lines === 0 ? note : `\n${note}` };
      lines += 1;
    }
    if (state.isOver) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  yield { type: 'result', text: await result };
}
