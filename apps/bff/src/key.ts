import { createSessionKey } from './session-key.ts';

console.log(createSessionKey());
