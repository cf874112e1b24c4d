/** Whose key the page uses, and the way to another one. */
import type { ReactElement } from 'react';
import { useAccess } from './access.tsx';
import { titleOf } from './keys.ts';
import type { Key } from './keys.ts';
import { go, to } from './router.tsx';
import { SIGN_IN } from './sign-in.tsx';

const ANOTHER = '+';
const FORGET = '-';

interface KeySwitchProps {
  /** The key of the page that is open. */
  readonly current: Key | undefined;
}

/** Absent where everybody has the keys of dev mode. */
export function KeySwitch({ current }: KeySwitchProps): ReactElement | null {
  const { keys, isDefault, use, forget } = useAccess();
  if (isDefault) return null;
  const gone = current ?? (keys.length === 1 ? keys[0] : undefined);
  const sorted = keys.toSorted((one, other) => titleOf(one).localeCompare(titleOf(other)));
  const choose = (secret: string): void => {
    const key = keys.find((each) => each.secret === secret);
    if (key) use(key);
    else if (secret === ANOTHER) go(to(SIGN_IN));
    else if (gone) forget(gone);
  };
  return (
    <>
      <select
        className="key-switch"
        aria-label="Key in use"
        value={current?.secret ?? ''}
        onChange={(event) => choose(event.target.value)}
      >
        {!current && <option value="">no key</option>}
        {sorted.map((key) => (
          <option key={key.secret} value={key.secret}>
            {titleOf(key)}
          </option>
        ))}
        <hr />
        <option value={ANOTHER}>Add a key …</option>
        {gone && <option value={FORGET}>Forget key</option>}
      </select>
      {gone && (
        <button type="button" className="button small quiet key-forget" onClick={() => forget(gone)}>
          Forget key
        </button>
      )}
    </>
  );
}
