/** The form that starts a session with one of the ready-made teams. */
import type { OpenRequest } from '../../src/contracts/public.ts';
import { el, part } from './dom.ts';
import { READY_TEAMS } from './teams.ts';

/** Shows the teams; `start` is called with what to open (the id is the caller's). */
export function setUpStartForm(start: (request: OpenRequest) => Promise<void>): void {
  const form = part('start', HTMLFormElement);
  const button = form.querySelector('button');
  part('teams', HTMLFieldSetElement).append(
    ...READY_TEAMS.map((team, index) => {
      const radio = el('input');
      radio.type = 'radio';
      radio.name = 'team';
      radio.value = team.id;
      radio.checked = index === 0;
      return el('label', 'team', radio, el('strong', '', team.title), el('span', '', team.about));
    }),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const chosen = new FormData(form).get('team');
    const team = READY_TEAMS.find((each) => each.id === chosen);
    if (!team || !button) return;
    button.disabled = true;
    void start({ agents: team.agents, metadata: { title: team.title } }).finally(() => {
      button.disabled = false;
    });
  });
}
