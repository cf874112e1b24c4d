/** What happens in a turn on the screen: speeches, branches side by side, and messages that came meanwhile. */
import { blocksOf } from './blocks.ts';
import type { Aside, Board, Speech } from './blocks.ts';
import { DigestView } from './digest-view.ts';
import { el, KeyedList } from './dom.ts';
import { MessageView } from './message-view.ts';
import type { MessageActions } from './message-view.ts';
import type { Row } from './rows.ts';
import { SpeechView } from './speech-view.ts';
import type { SpeechContext } from './speech-view.ts';

type Context = SpeechContext & MessageActions;

/** The speeches of one branch. */
class LaneView {
  readonly node = el('div', 'lane');
  readonly #speeches = new KeyedList<SpeechView>(this.node);

  set(speeches: readonly Speech[], context: SpeechContext): void {
    const views = this.#speeches.set(
      speeches.map(({ key }) => key),
      () => new SpeechView(context),
    );
    views.forEach((view, index) => {
      const speech = speeches[index];
      if (speech) view.set(speech);
    });
  }
}

/** Branches side by side. */
class BoardView {
  readonly node = el('div', 'board');
  readonly #lanes = new KeyedList<LaneView>(this.node);

  set({ lanes }: Board, context: SpeechContext): void {
    const views = this.#lanes.set(
      lanes.map(({ key }) => key),
      () => new LaneView(),
    );
    views.forEach((view, index) => view.set(lanes[index]?.speeches ?? [], context));
  }
}

class AsideView {
  readonly node = el('div', 'messages');
  readonly #message: MessageView;

  constructor(messageId: string, actions: MessageActions) {
    this.#message = new MessageView(messageId, actions);
    this.node.append(this.#message.node);
  }

  set({ message }: Aside, row: Row): void {
    this.#message.set(message, row, false);
  }
}

/** The blocks of a turn, in their order. */
export class BlocksView {
  readonly node = el('div', 'blocks');
  readonly #blocks = new KeyedList<SpeechView | BoardView | AsideView | DigestView>(this.node);

  set(row: Row, context: Context): void {
    const blocks = blocksOf(row.later);
    this.node.hidden = blocks.length === 0;
    const byKey = new Map(blocks.map((block) => [`${block.kind} ${block.key}`, block]));
    const views = this.#blocks.set([...byKey.keys()], (key) => {
      const block = byKey.get(key);
      if (block?.kind === 'board') return new BoardView();
      if (block?.kind === 'digest') return new DigestView();
      return block?.kind === 'aside' ? new AsideView(block.key, context) : new SpeechView(context);
    });
    views.forEach((view, index) => {
      const block = blocks[index];
      if (block?.kind === 'speech' && view instanceof SpeechView) view.set(block);
      if (block?.kind === 'board' && view instanceof BoardView) view.set(block, context);
      if (block?.kind === 'digest' && view instanceof DigestView) view.set(block.step);
      if (block?.kind === 'aside' && view instanceof AsideView) view.set(block, row);
    });
  }
}
