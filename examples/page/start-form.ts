/** The form that starts one of the ready-made sessions. */
import type { OpenRequest } from '../../src/contracts/public.ts';
import { el, part } from './dom.ts';
import { READY_TEAMS, TRIALS } from './teams.ts';
import type { ReadyTeam } from './teams.ts';

/** Shows the teams; `start` is called with what to open (the id is the caller's). */
export function setUpStartForm(start: (request: OpenRequest) => Promise<void>): void {
  const form = part('start', HTMLFormElement);
  const button = form.querySelector('button');
  part('teams', HTMLFieldSetElement).append(...READY_TEAMS.map(choice));
  part('trials', HTMLFieldSetElement).append(...TRIALS.map(choice));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const chosen = new FormData(form).get('team');
    const ready = [...READY_TEAMS, ...TRIALS].find((each) => each.id === chosen);
    if (!ready || !button) return;
    button.disabled = true;
    const { agents, team, title } = ready;
    void start({ agents, ...(team && { team }), metadata: { public: { title } } }).finally(() => {
      button.disabled = false;
    });
  });
}

function choice({ id, title, about }: ReadyTeam): HTMLElement {
  const radio = el('input');
  radio.type = 'radio';
  radio.name = 'team';
  radio.value = id;
  radio.checked = id === READY_TEAMS[0]?.id;
  return el('label', 'team', radio, el('strong', '', title), el('span', '', about));
}
