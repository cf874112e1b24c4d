/** Where a message is written, and what it does to what runs and waits. */
import { memo, useState } from 'react';
import type { KeyboardEvent, ReactElement } from 'react';
import type { PendingMessage, Session } from '../../../../src/client/index.ts';
import { useSelected } from '../../../../src/client/react/index.ts';
import type { SessionNow } from '../../../../src/client/react/index.ts';
import { POLICIES } from '../../../../src/contracts/public.ts';
import type { InterjectionPolicy, SessionView } from '../../../../src/contracts/public.ts';
import { useAccess } from '../../shared/access.tsx';
import { curlOf } from '../../shared/api.ts';
import { Copy } from '../../shared/copy.tsx';
import { time } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { ErrorNote } from '../../shared/notes.tsx';

/** What each does while a turn runs. */
const DOES: Readonly<Record<InterjectionPolicy, string>> = {
  queue: 'waits for the running turn, then starts one',
  steer: 'joins the running turn at its next step',
  interrupt: 'stops the running turn, then starts one',
  rollback: 'stops the running turn and withdraws it, then starts one',
  merge: 'waits, then starts one turn with all that waits',
  latest: 'takes the place of what waits',
  parallel: 'starts a turn beside the running one',
  reject: 'is refused while a turn runs',
};

interface ComposerProps extends Pick<SessionView, 'agents' | 'status'> {
  readonly session: Session;
  readonly isRunning: boolean;
}

/** Drawn anew when a turn begins or ends, and not with every token. */
export const Composer = memo(function Composer(props: ComposerProps): ReactElement {
  const { session, agents, status, isRunning } = props;
  const { name } = useAccess();
  const [text, setText] = useState('');
  const [policy, setPolicy] = useState<InterjectionPolicy | ''>('');
  const [error, setError] = useState<Error | null>(null);
  const message = { text: text.trim(), from: name, ...(policy && { policy }) };
  const send = (): void => {
    if (message.text === '') return;
    setError(null);
    setText('');
    session.send(message).catch((thrown: unknown) => {
      setError(thrown as Error);
      setText((now) => (now === '' ? message.text : now));
    });
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  if (status === 'closed')
    return <p className="composer closed soft">The session is closed. Reopen it to go on, or fork it.</p>;
  const request = { method: 'POST', body: message } as const;
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {error && <ErrorNote error={error} />}
      <Unsent session={session} />
      <textarea
        aria-label="Message"
        rows={1}
        placeholder={`Message to ${addressed(agents)}`}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKey}
      />
      <div className="composer-foot">
        <Manner policy={policy} setPolicy={setPolicy} isRunning={isRunning} />
        <Copy label="curl" text={() => curlOf(`/v1/sessions/${session.id}/messages`, request)} />
        <button className="button primary" disabled={message.text === ''} aria-label="Send">
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
});

const firstUnsent = ({ pending }: SessionNow): PendingMessage | undefined => pending[0];

/** The next message waits for a limit, or until a gateway takes it. */
function Unsent({ session }: Pick<ComposerProps, 'session'>): ReactElement | null {
  const { code = '', retryAt } = useSelected(session, firstUnsent) ?? {};
  if (retryAt === undefined) return null;
  return <p role="status" className="soft small">{`Not sent yet (${code}): goes on at ${time(retryAt)}.`}</p>;
}

/** Above this number they are counted. */
const NAMED = 3;

function addressed(agents: readonly string[]): string {
  if (agents.length > NAMED) return `${agents.length} agents`;
  return agents.join(', ') || 'the session';
}

interface MannerProps {
  readonly policy: InterjectionPolicy | '';
  readonly setPolicy: (policy: InterjectionPolicy | '') => void;
  readonly isRunning: boolean;
}

/** In whose name, and with which policy. */
function Manner({ policy, setPolicy, isRunning }: MannerProps): ReactElement {
  const { name, rename } = useAccess();
  return (
    <>
      <label className="inline">
        <span>as</span>
        <input
          aria-label="Your name"
          className="name"
          title={rename ? undefined : 'The name that your token gives you'}
          value={name}
          maxLength={64}
          readOnly={!rename}
          onChange={(event) => rename?.(event.target.value)}
        />
      </label>
      <select
        aria-label="Policy"
        value={policy}
        onChange={(event) => setPolicy(event.target.value as InterjectionPolicy | '')}
      >
        <option value="">default policy</option>
        {POLICIES.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
      <span className="soft small does">{hint(policy, isRunning)}</span>
    </>
  );
}

function hint(policy: InterjectionPolicy | '', isRunning: boolean): string {
  if (!policy) return 'Enter sends, Shift and Enter begins a line.';
  return isRunning ? `It ${DOES[policy]}.` : 'Nothing runs: it starts a turn.';
}
