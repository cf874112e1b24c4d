/** Text of agents as Markdown. What draws it is loaded with the first text; until then, and if that fails, it is shown as it is written. */
import { lazy, Suspense } from 'react';
import type { ReactElement } from 'react';

export interface MarkdownProps {
  readonly text: string;
  /** More may follow. */
  readonly isGrowing: boolean;
}

function Plain({ text }: Pick<MarkdownProps, 'text'>): ReactElement {
  return (
    <p className="text" dir="auto">
      {text}
    </p>
  );
}

const Blocks = lazy(() =>
  import('./blocks.tsx').then(
    (loaded) => ({ default: loaded.Blocks }),
    () => ({ default: Plain }),
  ),
);

export function Markdown(props: MarkdownProps): ReactElement {
  return (
    <Suspense fallback={<Plain text={props.text} />}>
      <Blocks {...props} />
    </Suspense>
  );
}
