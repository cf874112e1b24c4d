/**
 * Two people, each with a client of their own, in one session with four agents.
 *
 *     node examples/03-group-chat/talk.mjs
 */
import { connect } from 'convoke/client';
import { messageText } from 'convoke/contracts';

const url = process.env.CONVOKE_URL ?? 'http://127.0.0.1:3000';
const token = process.env.CONVOKE_KEY ?? 'dev';

/** What somebody sees of the session, as lines. */
const linesOf = ({ entries }) =>
  entries.map((entry) =>
    entry.kind === 'message' ? `${entry.from}: ${messageText(entry.parts)}` : `${entry.agent}: ${entry.text}`,
  );

/** Resolves with the view of a session in which so many turns have ended. */
const whenEnded = (session, turns) =>
  new Promise((resolve) => {
    const look = (view) => {
      if (view.turns.filter(({ status }) => status !== 'running').length < turns) return;
      stop();
      resolve(view);
    };
    const stop = session.on('view', look);
    if (session.view) look(session.view);
  });

const ada = connect({ url, token });
const ben = connect({ url, token });
try {
  // In each turn two agents speak: those who are mentioned, else whoever comes next.
  const hers = await ada.open({
    agents: ['cook', 'chemist', 'poet', 'doctor'],
    team: { name: 'groupChat', options: { speakers: 2 } },
  });
  const his = ben.session(hers.id);
  await Promise.all([hers.ready(), his.ready()]);

  // Token by token, as they come.
  for await (const piece of hers.ask({ from: 'Ada', text: '@cook, when do I salt the onions?' })) {
    if (piece.type === 'text') process.stdout.write(piece.text);
  }
  // Both write at the same time: each message gets a turn of its own, one after the other.
  await Promise.all([
    hers.send({ from: 'Ada', text: 'And what does the @poet say?' }),
    his.send({ from: 'Ben', text: 'Is that healthy, @doctor?' }),
  ]);
  const views = await Promise.all([hers, his].map((session) => whenEnded(session, 3)));
  const [seenByAda, seenByBen] = views.map((view) => linesOf(view).join('\n'));
  console.log(`\n\nSession ${hers.id}, as Ada sees it:\n\n${seenByAda}\n`);
  console.log(seenByBen === seenByAda ? 'Ben sees the same.' : `Ben sees something else:\n\n${seenByBen}`);
} finally {
  ada.close();
  ben.close();
}
