import { monitorEventLoopDelay } from 'node:perf_hooks';

// Loaded into every server before its own code: it tells what the server has used, and does nothing until asked.
const delay = monitorEventLoopDelay({ resolution: 1 });

const answers: Readonly<Record<string, () => unknown>> = {
  usage: () => {
    const { user, system } = process.cpuUsage();
    return { cpu: user + system, rss: process.memoryUsage.rss() };
  },
  'watch delay': () => {
    delay.reset();
    return delay.enable();
  },
  delay: () => {
    delay.disable();
    return { p99: delay.percentile(99) / 1e6, longest: delay.max / 1e6 };
  },
};

process.on('message', (question) => process.send?.(answers[String(question)]?.() ?? null));
process.channel?.unref();
