/**
 * Ana's browser, as a program: it holds no key, only what the shop's server mints for her.
 *
 *     node examples/14-behind-your-product/ana.mjs
 */
import { connect } from 'convoke/client';
import { messageText } from 'convoke/contracts';

const url = process.env.CONVOKE_URL ?? 'http://127.0.0.1:3000';
const shop = process.env.SHOP_URL ?? 'http://127.0.0.1:8080';

/** Asked again before a token ends. The header stands for the cookie by which the shop knows her. */
const token = async () => {
  const response = await fetch(shop, { method: 'POST', headers: { 'x-user': 'ana' } });
  if (!response.ok) throw new Error(`The shop mints no token: ${response.status} ${await response.text()}`);
  return (await response.json()).token;
};

const ana = connect({ url, token });
try {
  const hers = ana.session('ana-1');
  await hers.ready();
  // She says that she is Bob; the token says who she is.
  for await (const piece of hers.ask({ from: 'bob', text: 'Where is my parcel?' })) {
    if (piece.type === 'text') process.stdout.write(piece.text);
  }
  console.log('\n\nIn ana-1:');
  for (const entry of hers.view.entries)
    console.log(
      entry.kind === 'message'
        ? `${entry.from}: ${messageText(entry.parts)}`
        : `${entry.agent}: ${entry.text}`,
    );

  const his = ana.session('bob-1');
  const refused = ({ code }) => code;
  console.log(`\nShe follows bob-1: ${await his.ready().then(() => 'done', refused)}`);
  console.log(`She writes in bob-1: ${await his.send('Hello').then(() => 'done', refused)}`);
} finally {
  ana.close();
}
