/** One workflow for each session: a queue of messages, one activity for each agent, nothing else. */
import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { BARE, type BareHeartbeats, type BareMessage, type BareStart, type BareStep } from './contract.ts';

interface Activities {
  speak(step: BareStep): Promise<string>;
  beat(heartbeats: BareHeartbeats): Promise<readonly number[]>;
}

const { speak } = proxyActivities<Pick<Activities, 'speak'>>({
  startToCloseTimeout: 60_000,
  heartbeatTimeout: 2_000,
});
/** Without a heartbeat time-out: the SDK does not see heartbeats that go through the client, and would take the activity for dead. */
const { beat } = proxyActivities<Pick<Activities, 'beat'>>({ startToCloseTimeout: 60_000 });

export async function bareSession(start: BareStart): Promise<void> {
  const inbox: BareMessage[] = [];
  setHandler(defineSignal<[BareMessage]>(BARE.signal), (message) => {
    inbox.push(message);
  });
  for (;;) {
    await condition(() => inbox.length > 0);
    const message = inbox.shift();
    if (!message) continue;
    let heard = message.text;
    for (let agent = 0; agent < start.agents; agent += 1) {
      heard = await speak({ ...start, turn: message.turn, agent, heard });
    }
    if (workflowInfo().continueAsNewSuggested && inbox.length === 0)
      await continueAsNew<typeof bareSession>(start);
  }
}

/** ms that each heartbeat took. */
export async function bareHeartbeats(heartbeats: BareHeartbeats): Promise<readonly number[]> {
  return beat(heartbeats);
}
