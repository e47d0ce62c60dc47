import { writeFileSync } from 'node:fs';
import { createConfigurationPage, createExampleFile } from './configuration-page.ts';
import { createConformancePage } from './conformance/requirements.ts';
import { createEventsPage } from './events-page.ts';
import { createMetricsPage } from './metrics/figures.ts';

const root = new URL('../../../', import.meta.url);
writeFileSync(new URL('docs/configuration.md', root), createConfigurationPage());
writeFileSync(new URL('docs/metrics.md', root), createMetricsPage());
writeFileSync(new URL('docs/conformance.md', root), createConformancePage());
writeFileSync(new URL('docs/events.md', root), createEventsPage());
writeFileSync(new URL('.env.example', root), createExampleFile());
