import { writeFileSync } from 'node:fs';
import { createConfigurationPage, createExampleFile } from './configuration-page.ts';
import { createConformancePage } from './conformance/conformance-page.ts';
import { findDoubts } from './conformance/last-run.ts';
import { createEventsPage } from './events-page.ts';
import { createMetricsPage } from './metrics-page.ts';

const root = new URL('../../', import.meta.url);
writeFileSync(new URL('docs/configuration.md', root), createConfigurationPage());
writeFileSync(new URL('docs/metrics.md', root), createMetricsPage());
writeFileSync(new URL('docs/events.md', root), createEventsPage());
writeFileSync(new URL('.env.example', root), createExampleFile());

const doubts = findDoubts();
for (const doubt of doubts) console.error(doubt);
if (doubts.length === 0) writeFileSync(new URL('docs/conformance.md', root), createConformancePage());
process.exitCode = doubts.length === 0 ? 0 : 1;
