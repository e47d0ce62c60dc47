export { runDoctor } from './command.ts';
export { examine } from './examination.ts';
