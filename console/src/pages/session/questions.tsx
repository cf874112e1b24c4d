/** What people are asked, with a place for the answer. */
import { useState } from 'react';
import type { ReactElement } from 'react';
import type { Session } from '../../../../src/client/index.ts';
import type { Question, SessionView } from '../../../../src/contracts/public.ts';
import { ErrorNote } from '../../shared/notes.tsx';
import { useAct } from './head.tsx';

export function Questions({
  session,
  view,
}: {
  readonly session: Session;
  readonly view: SessionView;
}): ReactElement | null {
  if (view.asked.length === 0) return null;
  return (
    <section className="asks" aria-label="Questions">
      {view.asked.map((question) => (
        <Card key={question.question} session={session} question={question} />
      ))}
    </section>
  );
}

function Card({
  session,
  question,
}: {
  readonly session: Session;
  readonly question: Question;
}): ReactElement {
  const { isBusy, error, act } = useAct();
  const [text, setText] = useState('');
  const { name, text: asked, question: id } = question;
  return (
    <form
      className="card ask"
      aria-label={`Question to ${name}`}
      onSubmit={(event) => {
        event.preventDefault();
        act(() => session.send({ text, from: name, answers: id }));
      }}
    >
      <h2>{name} is asked</h2>
      <p className="text">{asked}</p>
      <label className="field">
        <span>Answer in the name of {name}</span>
        <input value={text} required onChange={(event) => setText(event.target.value)} />
      </label>
      <div className="actions">
        <button className="button primary" disabled={isBusy || text.trim() === ''}>
          Answer
        </button>
      </div>
      {error && <ErrorNote error={error} />}
    </form>
  );
}
