/** What happens in a turn as it is shown: what one agent says and does in a row is a speech, branches that run at the same time stand side by side. */
import type { Entry, MessageEntry, StepEntry } from '../../src/contracts/public.ts';

/** Consecutive steps of one agent. */
export interface Speech {
  readonly kind: 'speech';
  readonly key: string;
  readonly agent: string;
  readonly steps: readonly StepEntry[];
}

/** Branches of one `parallel`, each with what was said in it. */
export interface Board {
  readonly kind: 'board';
  readonly key: string;
  readonly lanes: readonly { readonly key: string; readonly speeches: readonly Speech[] }[];
}

/** A message that came meanwhile, and is part of the turn. */
export interface Aside {
  readonly kind: 'aside';
  readonly key: string;
  readonly message: MessageEntry;
}

/** A summary of the session, made before the turn. */
export interface Digest {
  readonly kind: 'digest';
  readonly key: string;
  readonly step: StepEntry;
}

export type Block = Speech | Board | Aside | Digest;

interface Place {
  /** The call that branches, and the name of the branch; null: the step is in none. */
  readonly fork: string;
  readonly branch: string;
}

/** Steps are named by the path of their call: `t3.2`, in a branch `t3.2.draft.1`, a call of a tool `t3.2.c1`. */
function placeOf(step: string): Place | null {
  const names = step.split('.');
  const at = names.findIndex((name, index) => index > 1 && !/^c?\d+$/.test(name));
  return at < 0 ? null : { fork: names.slice(0, at).join('.'), branch: names[at] ?? '' };
}

export function blocksOf(entries: readonly Entry[]): readonly Block[] {
  const blocks: (
    Speech | Aside | Digest | { kind: 'board'; key: string; steps: Map<string, StepEntry[]> }
  )[] = [];
  for (const step of entries) {
    if (step.kind === 'message') {
      blocks.push({ kind: 'aside', key: step.messageId, message: step });
      continue;
    }
    if (step.summarises) {
      blocks.push({ kind: 'digest', key: step.step, step });
      continue;
    }
    const place = placeOf(step.step);
    if (!place) {
      speak(blocks, step);
      continue;
    }
    let board = blocks.find((block) => block.kind === 'board' && block.key === place.fork);
    if (board?.kind !== 'board') {
      board = { kind: 'board', key: place.fork, steps: new Map() };
      blocks.push(board);
    }
    const lane = board.steps.get(place.branch);
    if (lane) lane.push(step);
    else board.steps.set(place.branch, [step]);
  }
  return blocks.map((block) => (block.kind === 'board' ? boardOf(block.key, block.steps) : block));
}

function boardOf(key: string, branches: ReadonlyMap<string, readonly StepEntry[]>): Board {
  const lanes = [...branches].map(([branch, steps]) => {
    const speeches: Speech[] = [];
    for (const step of steps) speak(speeches, step);
    return { key: branch, speeches };
  });
  return { kind: 'board', key, lanes };
}

/** Adds a step to the last speech, if that is its agent's. */
function speak(blocks: { readonly kind: string }[], step: StepEntry): void {
  const last = blocks.at(-1) as Speech | undefined; // safety: only read if it is a speech
  if (last?.kind === 'speech' && last.agent === step.agent) {
    blocks[blocks.length - 1] = { ...last, steps: [...last.steps, step] } as Speech;
  } else blocks.push({ kind: 'speech', key: step.step, agent: step.agent, steps: [step] } as Speech);
}
