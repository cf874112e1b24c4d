/** JSON for people. */
import type { ReactElement } from 'react';

export function Json({ value }: { readonly value: unknown }): ReactElement {
  return (
    <pre className="json" tabIndex={0}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}
