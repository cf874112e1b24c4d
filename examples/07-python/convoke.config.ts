/** The agent of server.py: a server of one's own, in any language, that speaks OpenAI's chat completions. */
import { agent, defineConfig } from 'convoke';

export default defineConfig({
  agents: {
    ada: agent.http({ url: process.env['PYTHON_AGENT'] ?? 'http://127.0.0.1:9000/v1', model: 'ada' }),
  },
});
