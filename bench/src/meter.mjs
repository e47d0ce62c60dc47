// Plain JavaScript, or every server would carry what strips types. Loaded into each before its own code: it reports
// what the server has used, and does nothing until asked.
const builtin = process.getBuiltinModule;
let delay;
let profiler;

const answers = {
  usage: () => {
    const { user, system } = process.cpuUsage();
    return { cpu: user + system, rss: process.memoryUsage.rss() };
  },
  // A server that waits for its turn would release memory and discard compiled code, which a busy one never does.
  'stay awake': () => {
    builtin('node:v8').setFlagsFromString('--no-memory-reducer');
    return true;
  },
  'collect garbage': () => {
    builtin('node:v8').setFlagsFromString('--expose-gc');
    builtin('node:vm').runInNewContext('gc')({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    return true;
  },
  'watch delay': () => {
    delay = builtin('node:perf_hooks').monitorEventLoopDelay({ resolution: 1 });
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
    profiler = new (builtin('node:inspector').Session)();
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
