/** Attacks a gateway until it is killed. Arguments: the attack's name, and its target as JSON. Says `ready` once it has begun. */
import { attack } from './attacks.ts';
import type { Target } from './attacks.ts';

const [name = '', target = '{}'] = process.argv.slice(2);
attack(name, JSON.parse(target) as Target); // safety: written by who starts it
console.log('ready');
