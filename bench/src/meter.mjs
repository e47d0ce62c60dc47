import { Session } from 'node:inspector';
import { monitorEventLoopDelay } from 'node:perf_hooks';

// Plain JavaScript, or every server would carry what strips types. Loaded into each before its own code: it tells
// what the server has used, and does nothing until asked.
const delay = monitorEventLoopDelay({ resolution: 1 });

const profiler = new Session();

const answers = {
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

/** Answers by call, since the profiler works so. */
const profiling = {
  'start profile': () => {
    profiler.connect();
    profiler.post('Profiler.enable');
    profiler.post('Profiler.start', () => process.send?.(null));
  },
  'stop profile': () => {
    profiler.post('Profiler.stop', (_error, { profile }) => process.send?.(profile));
  },
};

process.on('message', (question) => {
  const name = String(question);
  if (profiling[name]) profiling[name]();
  else process.send?.(answers[name]?.() ?? null);
});
process.on('disconnect', () => process.exit());
process.channel?.unref();
