import { writeFileSync } from 'node:fs';
import { createConfigurationPage, createExampleFile } from './configuration-page.ts';

const root = new URL('../../../', import.meta.url);
writeFileSync(new URL('docs/configuration.md', root), createConfigurationPage());
writeFileSync(new URL('.env.example', root), createExampleFile());
