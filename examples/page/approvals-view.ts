/** What people have to decide upon: each approval can be answered here, by whoever gives a name. */
import type { JsonObject, OpenApproval, VoteReply } from '../../src/contracts/public.ts';
import { el, KeyedList, part, setText } from './dom.ts';
import { tabStorage } from './place.ts';
import { clock, failureText, listOf } from './words.ts';

const NAME_ITEM = 'convoke-page:name';

/** A vote as it is given here. `data`: instead of what was shown. */
interface Given {
  readonly by: string;
  readonly roles?: readonly string[];
  readonly reason?: string;
  readonly data?: JsonObject;
}

export interface Voting {
  vote(approval: OpenApproval, how: 'approve' | 'deny', vote: Given): Promise<VoteReply>;
  announce(text: string): void;
}

class ApprovalView {
  readonly node: HTMLFormElement;
  readonly #title = el('h2');
  readonly #what = el('p', 'soft');
  readonly #text = el('p', 'text');
  readonly #data = el('textarea', 'data');
  readonly #who = el('span');
  readonly #name = el('input');
  readonly #reason = el('input');
  readonly #stand = el('p', 'time');
  readonly #problem = el('p', 'failure');
  readonly #voting: Voting;
  #approval: OpenApproval;

  constructor(approval: OpenApproval, voting: Voting) {
    this.#voting = voting;
    this.#approval = approval;
    this.#name.value = tabStorage()?.getItem(NAME_ITEM) ?? approval.approvers.names?.[0] ?? '';
    this.#name.required = true;
    this.#name.autocomplete = 'name';
    this.#data.ariaLabel = 'What is approved, as JSON';
    this.#data.spellcheck = false;
    const deny = el('button', '', 'Deny');
    deny.type = 'button';
    deny.addEventListener('click', () => {
      if (this.node.reportValidity()) void this.#vote('deny');
    });
    const fields = el('div', 'fields', el('label', '', this.#who, this.#name));
    fields.append(el('label', '', el('span', '', 'Reason for a denial'), this.#reason));
    const buttons = el('p', 'buttons', el('button', 'strong', 'Approve'), deny, this.#stand);
    this.node = el('form', 'approval', this.#title, this.#what, this.#text, this.#data);
    this.node.append(fields, buttons, this.#problem);
    this.node.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#vote('approve');
    });
    this.set(approval, true);
  }

  set(approval: OpenApproval, isNew = false): void {
    if (approval === this.#approval && !isNew) return;
    const edited = isNew || approval.hash !== this.#approval.hash;
    this.#approval = approval;
    const { title, text = '', tool, agent = '', data, mayEdit, approvers, approvedBy, until } = approval;
    setText(this.#title, title);
    setText(
      this.#what,
      tool === undefined ? 'The team waits for a decision.' : `${agent} wants to call ${tool}.`,
    );
    setText(this.#text, text);
    this.#text.hidden = text === '';
    this.#data.hidden = data === undefined;
    this.#data.readOnly = !mayEdit;
    // Somebody else's edit is what is voted upon from now on.
    if (edited) this.#data.value = shown(approval);
    this.#data.rows = Math.min(this.#data.value.split('\n').length, 10);
    const { roles = [], names = [] } = approvers;
    const as = [...roles.map((role) => `as ${role}`), ...(names.length > 0 ? [listOf(names)] : [])].join(
      ', or ',
    );
    setText(this.#who, as === '' ? 'Your name' : `Your name (${as})`);
    const count = `${approvedBy.length} of ${approvers.count}`;
    const some =
      approvedBy.length > 0 ? `Approved by ${listOf(approvedBy)} (${count}).` : `${count} have approved.`;
    const end = approval.onExpiry === 'approve' ? 'approved' : 'denied';
    setText(this.#stand, `${some} Without a decision it is ${end} at ${clock(until)}.`);
  }

  async #vote(vote: 'approve' | 'deny'): Promise<void> {
    const approval = this.#approval;
    const by = this.#name.value.trim();
    const { roles } = approval.approvers;
    const given = { by, ...(roles && { roles }), ...reasonOf(this.#reason.value) };
    setText(this.#problem, '');
    try {
      tabStorage()?.setItem(NAME_ITEM, by);
      const whole = vote === 'deny' ? given : { ...given, ...this.#edit() };
      const reply = await this.#voting.vote(approval, vote, whole);
      if (!reply.counted)
        setText(this.#problem, 'This has changed nothing: it was decided, or you had approved it.');
    } catch (error) {
      setText(this.#problem, said(error));
    }
  }

  /** What is approved instead of what was shown. Throws a sentence. */
  #edit(): { readonly data?: JsonObject } {
    const text = this.#data.value;
    if (!this.#approval.mayEdit || text === shown(this.#approval)) return {};
    try {
      const data: unknown = JSON.parse(text);
      if (typeof data === 'object' && data !== null && !Array.isArray(data))
        return { data: data as JsonObject };
    } catch {
      // Said below.
    }
    throw new Error('What is approved has to be a JSON object.');
  }
}

const shown = ({ data }: OpenApproval): string => (data ? JSON.stringify(data, null, 2) : '');

const reasonOf = (text: string): { readonly reason?: string } =>
  text.trim() === '' ? {} : { reason: text.trim() };

function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? failureText({ code: String(error.code), message: error.message }) : error.message;
}

export class ApprovalsView {
  readonly #list = new KeyedList<ApprovalView>(part('approvals', HTMLElement));
  readonly #voting: Voting;
  #shown: readonly OpenApproval[] = [];

  constructor(voting: Voting) {
    this.#voting = voting;
  }

  set(approvals: readonly OpenApproval[]): void {
    if (approvals === this.#shown) return;
    const known = new Set(this.#shown.map(({ approval }) => approval));
    for (const { approval, title } of approvals) {
      if (!known.has(approval)) this.#voting.announce(`To approve: ${title}`);
    }
    this.#shown = approvals;
    const byId = new Map(approvals.map((each) => [each.approval, each]));
    const views = this.#list.set([...byId.keys()], (id) => {
      const approval = byId.get(id);
      if (!approval) throw new Error(`no approval ${id}`);
      return new ApprovalView(approval, this.#voting);
    });
    views.forEach((view, index) => {
      const approval = approvals[index];
      if (approval) view.set(approval);
    });
  }
}
