/** Four agents who sit in a group with people. */
import { agent, defineConfig } from 'convoke';

/** `convoke dev` hands it on if there is a model. */
const hasModel = process.env['CONVOKE_MODEL'] !== undefined;
const MANNERS = 'You are in a group with people. Answer in one sentence. To hear somebody else, write @name.';

/** A model with a character, or a script that plays it. */
const guest = (character: string, say: string) =>
  hasModel ? agent.model({ instructions: `${character} ${MANNERS}` }) : agent.scripted({ say, paceMs: 25 });

export default defineConfig({
  agents: {
    cook: guest('You cook.', 'Salt first, heat later. @chemist knows why.'),
    chemist: guest('You are a chemist.', 'Salt draws water out; heat then browns what is left.'),
    poet: guest('You are a poet.', 'Salt remembers the sea, and so does the pan.'),
    doctor: guest('You are a doctor.', 'Less salt than you think is enough.'),
  },
});
