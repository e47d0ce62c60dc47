export { askRedis } from './ask-redis.ts';
export {
  createBrowser,
  type Page,
  type PageRequest,
  type Step,
  type TestBrowser,
  type Visit,
} from './browser.ts';
export { findChromium, launchChromium } from './chromium.ts';
export { type CookieJar, type CookieRequest, createCookieJar, type StoredCookie } from './cookie-jar.ts';
export type { FormChoice } from './forms.ts';
export { freePort } from './free-port.ts';
export { fuzzRuns, fuzzTimeout } from './fuzz-runs.ts';
export { findProgram } from './programs.ts';
export { askRaw, connectRaw, parseRawAnswer, type RawAnswer, type RawConnection } from './raw-client.ts';
export { findRedis, givenRedisUrl, startRedis, type TestRedis } from './redis.ts';
export { startRedisCluster, type TestRedisCluster } from './redis-cluster.ts';
export { startSentinelRedis, type TestSentinel } from './redis-sentinel.ts';
export { tieToThisProcess } from './tied-child.ts';
