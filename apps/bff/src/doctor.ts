import { runDoctor } from '@foyer/doctor';
import { readConfiguration } from './environment.ts';

process.exitCode = await runDoctor(process.argv.slice(2), readConfiguration);
