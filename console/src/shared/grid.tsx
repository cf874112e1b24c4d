/** A table of plain cells, which scrolls sideways where it is too wide. */
import type { ReactElement, ReactNode } from 'react';

interface GridProps {
  readonly label: string;
  readonly head: readonly string[];
  /** The first cell names its row. */
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
  readonly empty: string;
}

export function Grid({ label, head, rows, empty }: GridProps): ReactElement {
  if (rows.length === 0) return <p className="soft">{empty}</p>;
  return (
    // Focusable, so that it can be scrolled with the keyboard.
    <div className="grid-scroll" role="region" aria-label={label} tabIndex={0}>
      <table className="grid">
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [first, ...cells] }) => (
            <tr key={key}>
              <th scope="row">{first}</th>
              {cells.map((cell, index) => (
                <td key={head[index + 1]} data-label={head[index + 1]}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
