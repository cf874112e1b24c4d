/** What an agent says, or a tool that it calls, as it comes. */
import { memo } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { StepEntry, ToolCall } from '../../../../src/contracts/public.ts';
import { Avatar } from '../../shared/avatar.tsx';
import { Badge } from '../../shared/badge.tsx';
import { count, dateTime, time } from '../../shared/format.ts';
import { Icon } from '../../shared/icons.tsx';
import { Json } from '../../shared/json.tsx';
import { Markdown } from '../../shared/markdown/index.tsx';
import { ErrorNote } from '../../shared/notes.tsx';
import { useAct } from './head.tsx';

interface StepItemProps {
  readonly session: Session | null;
  readonly entry: StepEntry;
}

export const StepItem = memo(function StepItem({ session, entry }: StepItemProps): ReactElement {
  if (entry.use) return <ToolStep session={session} entry={entry} use={entry.use} />;
  const { agent, text, reasoning, calls = [], status, summarises } = entry;
  return (
    <article className="entry step" data-status={status} aria-label={`${agent} says`}>
      <Avatar name={agent} isBusy={status === 'running'} />
      <div className="entry-body">
        <StepHead session={session} entry={entry} />
        {summarises && <p className="soft small">Summary of the turns up to {summarises.upTo}: no answer.</p>}
        {reasoning && (
          <details className="reasoning">
            <summary>Reasoning</summary>
            <Markdown text={reasoning} isGrowing={status === 'running'} />
          </details>
        )}
        {text !== '' && <Markdown text={text} isGrowing={status === 'running'} />}
        {text === '' && status === 'completed' && calls.length > 0 && handoffs(calls).length === 0 && (
          <p className="soft small">calls {calls.map(({ tool }) => tool).join(', ')}</p>
        )}
        {handoffs(calls).map(({ id, to, reason }) => (
          <p key={id} className="handoff">
            <Icon name="next" /> hands over to <strong>{to}</strong>
            {reason && <span className="soft">: {reason}</span>}
          </p>
        ))}
        <Trouble entry={entry} />
      </div>
    </article>
  );
});

function handoffs(
  calls: readonly ToolCall[],
): readonly { readonly id: string; readonly to: string; readonly reason: string }[] {
  return calls
    .filter(({ tool }) => tool === 'hand_over')
    .map(({ id, input }) => ({
      id,
      to: typeof input['agent'] === 'string' ? input['agent'] : '?',
      reason: typeof input['reason'] === 'string' ? input['reason'] : '',
    }));
}

function StepHead({ session, entry }: StepItemProps): ReactElement {
  const { isBusy, error, act } = useAct();
  const { agent, at, status, attempt, usage, finish, step } = entry;
  return (
    <header className="entry-head">
      <strong>{agent}</strong>
      <time className="soft" title={dateTime(at)}>
        {time(at)}
      </time>
      {status !== 'completed' && <Badge status={status} />}
      {attempt > 1 && <span className="tag">attempt {attempt}</span>}
      {finish && finish !== 'stop' && finish !== 'tools' && <span className="tag">cut short: {finish}</span>}
      <span className="entry-actions">
        {usage && (
          <span
            className="soft numbers"
            title={`${count(usage.inputTokens)} in, ${count(usage.outputTokens)} out`}
          >
            {count(usage.inputTokens + usage.outputTokens)} tokens
          </span>
        )}
        {session && status === 'running' && (
          <button
            type="button"
            className="button small quiet"
            disabled={isBusy}
            aria-label={`Cancel step ${step} of ${agent}`}
            onClick={() => act(() => session.cancel({ step }))}
          >
            <Icon name="stop" /> Stop
          </button>
        )}
      </span>
      {error && <ErrorNote error={error} />}
    </header>
  );
}

/** Why it failed, was cancelled, or pauses. */
function Trouble({ entry }: { readonly entry: StepEntry }): ReactElement | null {
  const { failure, reason, waiting } = entry;
  const told = waiting ?? failure ?? reason;
  if (!told) return null;
  return (
    <p className={failure && !waiting ? 'trouble bad-text' : 'trouble soft'}>
      {waiting && `Pauses until ${time(waiting.until)}: `}
      {told.message} <code>{told.code}</code>
    </p>
  );
}

function ToolStep({ session, entry, use }: StepItemProps & { readonly use: ToolCall }): ReactElement {
  const { status, text, reasoning, agent } = entry;
  return (
    <article className="entry tool" data-status={status} aria-label={`${agent} calls ${use.tool}`}>
      <details>
        <summary>
          <Icon name="tool" />
          <code>{use.tool}</code>
          <span className="preview">{JSON.stringify(use.input)}</span>
          <Badge status={status} />
        </summary>
        <StepHead session={session} entry={entry} />
        <h3>Arguments</h3>
        <Json value={use.input} />
        {reasoning && (
          <p className="text soft" dir="auto">
            {reasoning}
          </p>
        )}
        {text !== '' && (
          <>
            <h3>Result</h3>
            <pre className="json">{text}</pre>
          </>
        )}
        {use.effect && <p className="soft small">It changes something ({use.effect}).</p>}
      </details>
      <Trouble entry={entry} />
    </article>
  );
}
