export { codeOf } from './error-code.ts';
export { examine } from './examination.ts';
export { examineLive } from './live/live-report.ts';
