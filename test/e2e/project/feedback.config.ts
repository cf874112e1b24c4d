/** The configuration of the end-to-end test of feedback: an agent, and scorers of each kind. */
import { agent, defineConfig, scorer } from 'convoke';

export default defineConfig({
  providers: { judge: { baseUrl: process.env['JUDGE_URL'] ?? 'http://127.0.0.1:1/v1', model: 'm' } },
  agents: { echo: agent.scripted({ say: 'I heard: {{message}}' }) },
  scorers: {
    brief: scorer.code(
      ({ answer, messages }) => ({ score: answer.length < 40 ? 1 : 0, label: `of-${messages.length}` }),
      {
        private: false,
      },
    ),
    helpful: scorer.model({ provider: 'judge', rubric: 'RUBRIC: does the answer help?' }),
    broken: scorer.code(() => {
      throw new Error('a secret of the deployment');
    }),
    silent: scorer.code(() => null),
    never: scorer.code(() => ({ score: 0 }), { rate: 0 }),
  },
});
