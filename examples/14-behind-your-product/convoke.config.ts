/** The support of a shop, in which each customer has sessions of their own. */
import { agent, defineConfig } from 'convoke';

/** `convoke dev` hands it on if there is a model. */
const hasModel = process.env['CONVOKE_MODEL'] !== undefined;

export default defineConfig({
  agents: {
    support: hasModel
      ? agent.model({
          instructions: 'You are the support of a shop. Answer in one sentence.',
          maxTokens: 100,
        })
      : agent.scripted({ say: 'Your parcel is on its way.', paceMs: 25 }),
  },
});
