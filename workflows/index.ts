/** Entry of the workflow bundle: exported functions are workflows, nothing else is exported. */
export { session } from './session.ts';
