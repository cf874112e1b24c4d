/** A configuration with a mistake, for the end-to-end test of what is said about it. */
import { agent, defineConfig } from 'convoke';

export default defineConfig({
  agents: {
    triage: agent.model({ handoff: ['biling'] }),
  },
});
