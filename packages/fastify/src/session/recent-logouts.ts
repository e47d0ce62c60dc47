import type { ResolvedOptions } from '../options.ts';
import type { CompletedLogin } from '../provider/provider.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { NamedLogout, StoreIndex } from './session-list.ts';

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

/** After the time of every login: no later one has the session at the provider that is over. */
const everyTime = Number.MAX_SAFE_INTEGER;

/** A mark that says no time, as earlier builds wrote them (0 or 1), is of every time. */
const timeOf = (note = Number.NEGATIVE_INFINITY): number => (note === 0 || note === 1 ? everyTime : note);

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
  const remember = async (
    mark: string,
    time: number,
    lifetimeSeconds = longestFinishSeconds,
  ): Promise<void> => {
    await store.claim(`signed-out ${mark}`, Math.ceil(clock() + lifetimeSeconds * 1000), Math.floor(time));
  };
  const findLatest = async (marks: readonly string[]): Promise<number> => {
    const notes = await Promise.all(marks.map((mark) => store.readClaim(`signed-out ${mark}`)));
    return Math.max(...notes.map(timeOf));
  };
  return {
    remember: async ({ issuer, clientId, sub = '', sid, issuedAt = clock() }) => {
      if (sid !== undefined) {
        const [session] = index.providerSession({ issuer, clientId, sid });
        return remember(session, everyTime, loginTimeout);
      }
      const [subject] = index.subject({ issuer, clientId, sub });
      const second = Math.floor(issuedAt / 1000);
      await remember(`${subject} ${second}`, clock());
      await remember(`${subject} latest`, second);
    },
    rememberEnding: async ({ issuer, clientId, sub = '', sid }) => {
      const [ended] =
        sid === undefined
          ? index.subject({ issuer, clientId, sub })
          : index.providerSession({ issuer, clientId, sid });
      await remember(ended, clock());
    },
    cover: async ({ issuer, clientId, sub, sid, idTokenClaims: { iat } }, startedAt) => {
      const issuedSecond = Math.floor(isSeconds(iat) ? iat : startedAt / 1000);
      const subjects = index.subject({ issuer, clientId, sub });
      const sessions = sid === undefined ? [] : index.providerSession({ issuer, clientId, sid });
      const [ended, latestSecond] = await Promise.all([
        findLatest([...subjects, ...sessions]),
        findLatest(subjects.map((subject) => `${subject} latest`)),
      ]);
      // Since the callback came, by our clock; or in a later second than the tokens are of, by the provider's.
      if (ended >= Math.floor(startedAt) || latestSecond > issuedSecond) return true;
      if (latestSecond < issuedSecond) return false;
      const withinSecond = await findLatest(subjects.map((subject) => `${subject} ${issuedSecond}`));
      return withinSecond >= Math.floor(startedAt);
    },
  };
};
