import type { ResolvedOptions } from '../options.ts';
import type { CompletedLogin } from '../provider/provider.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { IndexClient, StoreIndex } from './store-index.ts';

/** What a sign-out names: a session at the provider, or a subject. */
interface NamedLogout extends IndexClient {
  readonly sub?: string | undefined;
  readonly sid?: string | undefined;
}

/** A sign-out that the provider announces: its session is over, or all of the subject's logins so far. */
export interface AnnouncedLogout extends NamedLogout {
  /** Milliseconds since the epoch, by the provider's clock; now, where the provider does not say it. */
  readonly issuedAt?: number | undefined;
}

/** The sign-outs that providers and operators have announced lately, on every process. */
export interface RecentLogouts {
  /** To be called before the sessions are looked for: then no session escapes that a login opens meanwhile. */
  readonly remember: (logout: AnnouncedLogout) => Promise<void>;
  /** The same for what an operator ends here: a session at the provider may go on, and be signed in with again. */
  readonly rememberEnding: (logout: NamedLogout) => Promise<void>;
  /**
   * Whether a sign-out has ended what this login began: its `sid`, or all of its subject's logins so far. The callback
   * came at `startedAt`, in milliseconds since the epoch.
   */
  readonly cover: (login: CompletedLogin, startedAt: number) => Promise<boolean>;
}

/** Seconds within which a login whose tokens are issued is finished, or fails. */
const longestFinishSeconds = 60;

const isSeconds = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const from = (first: number, last: number): readonly number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, offset) => first + offset);

/** Milliseconds: a time is remembered in spans of each, so that a long interval is covered by few of them. */
const spans = [1024, 256, 64, 16, 4, 1];

const spansOf = (time: number): readonly string[] => spans.map((span) => `${span}.${time - (time % span)}`);

/** The spans that cover an interval: the longest that begin where the one before ends. */
const spansBetween = (first: number, last: number): readonly string[] => {
  const found: string[] = [];
  let time = first;
  while (time <= last) {
    const start = time;
    const span = spans.find((one) => start % one === 0) ?? 1;
    found.push(`${span}.${time}`);
    time += span;
  }
  return found;
};

/** The spans of the time that a login has been finished for, by our clock. */
const spansSince = (startedAt: number, now: number): readonly string[] =>
  spansBetween(Math.max(Math.floor(startedAt), now - longestFinishSeconds * 1000), now);

/**
 * When a login's subject may have been signed out so that the login is over: in a later second than its tokens are of,
 * by the provider's clock, or in the same second and since the callback came, by ours.
 */
const timesThatCover = (iat: number, startedAt: number, now: number): readonly string[] => {
  const latest = Math.floor(now / 1000) + 1;
  const later = from(Math.max(iat + 1, latest - longestFinishSeconds), latest);
  return [
    ...later.map((second) => `${second}`),
    ...spansSince(startedAt, now).map((span) => `${iat} ${span}`),
  ];
};

/** Half of the time around a sign-out in which logins look at it more closely: longer than any of its marks lasts. */
const closeSeconds = 150;

/** That somebody was signed out around this time: of most logins nothing more has to be known. */
const around = (ended: string, time: number): string =>
  `around ${ended} ${Math.floor(time / (2 * closeSeconds * 1000))}`;

/**
 * Remembers sign-outs for as long as a login may take to finish: by `sid`, and by `sub` together with the time, since
 * a person may sign in again right after.
 *
 * @see OpenID Connect Back-Channel Logout section 2.7
 */
export const createRecentLogouts = (
  { clock, loginTimeout }: Pick<ResolvedOptions, 'clock' | 'loginTimeout'>,
  store: SessionStore,
  index: StoreIndex,
): RecentLogouts => {
  const claim = async (mark: string, lifetimeSeconds: number): Promise<void> => {
    await store.claim(`signed-out ${mark}`, Math.ceil(clock() + lifetimeSeconds * 1000));
  };
  const claimAround = async (ended: string): Promise<void> => {
    for (const seconds of [-closeSeconds, closeSeconds])
      await claim(around(ended, clock() + seconds * 1000), closeSeconds * 4);
  };
  const isAnyClaimed = async (marks: readonly string[]): Promise<boolean> =>
    (await Promise.all(marks.map((mark) => store.isClaimed(`signed-out ${mark}`)))).includes(true);
  return {
    remember: async ({ issuer, clientId, sub, sid, issuedAt = clock() }) => {
      if (sid !== undefined)
        return claim(index.providerSession({ issuer, clientId, value: sid }), loginTimeout);
      const subject = index.subject({ issuer, clientId, value: sub ?? '' });
      const second = Math.floor(issuedAt / 1000);
      await claimAround(subject);
      await claim(`${subject} ${second}`, longestFinishSeconds * 2);
      for (const span of spansOf(clock()))
        await claim(`${subject} ${second} ${span}`, longestFinishSeconds * 2);
    },
    rememberEnding: async ({ issuer, clientId, sub, sid }) => {
      const client = { issuer, clientId };
      const ended =
        sid === undefined
          ? index.subject({ ...client, value: sub ?? '' })
          : index.providerSession({ ...client, value: sid });
      await claimAround(ended);
      for (const span of spansOf(clock())) await claim(`ended ${ended} ${span}`, longestFinishSeconds * 2);
    },
    cover: async ({ issuer, clientId, sub, sid, claims: { iat } }, startedAt) => {
      const now = clock();
      const subjects = index.subjects({ issuer, clientId, value: sub });
      const sids = sid === undefined ? [] : index.providerSessions({ issuer, clientId, value: sid });
      const [isOver, isClose] = await Promise.all([
        isAnyClaimed(sids),
        isAnyClaimed([...sids, ...subjects].map((ended) => around(ended, now))),
      ]);
      if (isOver || !isClose) return isOver;
      const second = Math.floor(isSeconds(iat) ? iat : startedAt / 1000);
      const times = timesThatCover(second, startedAt, now);
      const endings = spansSince(startedAt, now);
      return isAnyClaimed([
        ...subjects.flatMap((subject) => times.map((time) => `${subject} ${time}`)),
        ...[...sids, ...subjects].flatMap((ended) => endings.map((span) => `ended ${ended} ${span}`)),
      ]);
    },
  };
};
