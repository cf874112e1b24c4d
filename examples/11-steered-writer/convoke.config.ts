/** A writer who heeds what is said while it writes. The team (teams.ts) asks for one part at a time. */
import { setTimeout as pause } from 'node:timers/promises';
import { agent, defineConfig } from 'convoke';

/** `convoke dev` hands it on if there is a model. */
const hasModel = process.env['CONVOKE_MODEL'] !== undefined;
/** Between two words of the script, ms. */
const PACE = Number(process.env['PACE_MS'] ?? 200);

/** Three sentences for each part of a text. */
const SENTENCES: Readonly<Record<string, readonly string[]>> = {
  opening: [
    'Everybody has heard of TOPIC.',
    'Few have looked closely.',
    'That is a pity, for there is much to see.',
  ],
  'main part': [
    'Whoever looks at TOPIC for a day sees it change.',
    'First slowly, then all at once, and then slowly again.',
    'The old ones knew it, and planned their days by it.',
  ],
  end: ['So much for TOPIC.', 'The rest is for you to find out.', 'Begin tomorrow, early.'],
};

/** The newest wish counts, for the topic and for the length. */
function write(said: readonly string[], task: string): string {
  const topic = /about (.+?)[.!?]*$/i.exec(said.findLast((text) => /about /i.test(text)) ?? '')?.[1] ?? 'it';
  const isShort = said.some((text) => /short/i.test(text));
  const part = Object.keys(SENTENCES).find((name) => task.includes(name)) ?? 'end';
  const sentences = SENTENCES[part] ?? [];
  return sentences
    .slice(0, isShort ? 1 : 3)
    .join(' ')
    .replace('TOPIC', topic);
}

export default defineConfig({
  agents: {
    writer: hasModel
      ? agent.model({
          instructions:
            'You write a text of three paragraphs for the user, one paragraph each time that you are asked. ' +
            'The users may correct you at any time; their newest wishes count, also where they contradict older ones.',
          maxTokens: 300,
        })
      : agent.code(async function* ({ conversation, task = '', signal }) {
          const said = conversation.filter(({ role }) => role === 'user').map(({ text }) => text);
          for (const word of write(said, task).match(/\s*\S+/g) ?? []) {
            // Throws as soon as somebody interrupts.
            await pause(PACE, undefined, { signal });
            yield word;
          }
        }),
  },
  teams: './teams.ts',
});
