/** Entry of the workflow bundle: exported functions are workflows, nothing else is exported. */
export { fire } from './fire.ts';
export { score } from './score.ts';
export { session } from './session.ts';
