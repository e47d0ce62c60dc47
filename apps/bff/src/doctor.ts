import { runDoctor } from '@foyer/doctor';
import { parseEnvironment } from './environment.ts';

process.exitCode = await runDoctor(process.argv.slice(2), parseEnvironment);
