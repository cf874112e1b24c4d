/**
 * What if an earlier message had been another one? Forks the session before that message, says the other one, and shows both conversations.
 *
 *     node examples/13-what-if/what-if.mjs SESSION MESSAGE_ID "what to say instead"
 */
import { connect } from 'convoke/client';
import { messageText } from 'convoke/contracts';

const [id, before, text] = process.argv.slice(2);
if (text === undefined) {
  console.error('Use: node examples/13-what-if/what-if.mjs SESSION MESSAGE_ID "what to say instead"');
  process.exit(2);
}

/** What was said in a session, an item for each message and each answer. */
const linesOf = ({ entries }) =>
  entries.map((entry) =>
    entry.kind === 'message'
      ? `${entry.from ?? 'you'}: ${messageText(entry.parts)}`
      : `${entry.agent}:\n${entry.text}`,
  );

const client = connect({
  url: process.env.CONVOKE_URL ?? 'http://127.0.0.1:3000',
  token: process.env.CONVOKE_KEY ?? 'dev',
});
try {
  const session = client.session(id);
  const fork = await session.fork({ before });
  await Promise.all([session.ready(), fork.ready()]);
  // Up to the end of the turn; `ask` streams what is said meanwhile.
  for await (const piece of fork.ask(text)) if (piece.type === 'text') process.stdout.write('.');

  const [said, instead] = [linesOf(session.view), linesOf(fork.view)];
  const differs = said.findIndex((line, index) => line !== instead[index]);
  const shared = differs === -1 ? said.length : differs;
  console.log(`\n\nIn both:\n\n${said.slice(0, shared).join('\n')}`);
  console.log(`\nIn ${id}:\n\n${said.slice(shared).join('\n')}`);
  console.log(`\nIn ${fork.id}, the fork:\n\n${instead.slice(shared).join('\n')}`);
} finally {
  client.close();
}
