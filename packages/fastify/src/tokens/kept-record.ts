import { setTimeout as wait } from 'node:timers/promises';
import { maxTargetTokens } from '../options.ts';
import { Problem } from '../problems.ts';
import type { RefreshedTokens } from '../provider/provider.ts';
import { providerEnd } from '../session/session-limits.ts';
import type { Session, SessionRecord } from '../session/session-record.ts';
import { renewUser } from './fresh-claims.ts';
import type { PersonToken } from './requested-token.ts';
import type { HeldToken, SessionRenewal, TokenContext } from './token-renewal.ts';

/** The record with an access token of its own for one target. */
export const withTargetToken = (
  record: SessionRecord,
  { key }: PersonToken,
  { accessToken, accessTokenExpiresAt, issuedAt }: HeldToken,
): SessionRecord => {
  const others = record.targetTokens.filter((kept) => kept.key !== key);
  const newest = { key, accessToken, accessTokenExpiresAt, issuedAt };
  return { ...record, targetTokens: [...others, newest].slice(-maxTargetTokens) };
};

/** The record with the tokens and claims of a refresh; what the provider left out stays as it was. */
export const withRefreshedTokens = (
  record: SessionRecord,
  requested: PersonToken,
  refreshed: RefreshedTokens & { readonly issuedAt: number },
): SessionRecord => {
  const { tokens } = record;
  const {
    claims,
    refreshToken = tokens.refreshToken,
    idToken = tokens.idToken,
    dpopKey = tokens.dpopKey,
  } = refreshed;
  const kept = {
    ...record,
    // Tokens that are bound to no key cannot be sent with a proof.
    ...(tokens.dpopKey === undefined && dpopKey !== undefined ? { targetTokens: [] } : {}),
    // The provider may shorten the session; it cannot make it longer than it was.
    expiresAt: Math.min(record.expiresAt, providerEnd(claims ?? {})),
    user: renewUser(record, claims),
    tokens: { ...tokens, refreshToken, idToken, dpopKey },
  };
  if (requested.source !== 'session') return withTargetToken(kept, requested, refreshed);
  const { accessToken, accessTokenExpiresAt, scope = tokens.scope, issuedAt } = refreshed;
  return {
    ...kept,
    accessTokenIssuedAt: issuedAt,
    tokens: { ...kept.tokens, accessToken, accessTokenExpiresAt, scope },
  };
};

/** Reads the session of a renewal as the store has it now. @throws Problem `session_expired` when it is over. */
export const rereadSession = async ({ sessions }: TokenContext, renewal: SessionRenewal): Promise<void> => {
  const now = await sessions.reread(renewal.session);
  if (now === undefined)
    throw new Problem('session_expired', 'The session ended before its access token was refreshed');
  renewal.session = now;
};

/** Another process refreshed the session while this one did: what is stored first counts. */
export class RefreshSuperseded extends Error {
  override readonly name = 'RefreshSuperseded';
}

const maxSaves = 3;

/** Names the refresh token that the store has of a session. */
export const storedToken = ({ id, record }: Session): string => `${id} ${record.tokens.refreshToken}`;

const rememberSuccessor = ({ unsaved }: TokenContext, session: Session, successor?: string): void => {
  if (successor !== undefined && successor !== session.record.tokens.refreshToken)
    unsaved.set(storedToken(session), successor);
};

/** The old refresh token has been used: its successor is worth more than one try. */
const trySave = async (context: TokenContext, session: Session, record: SessionRecord): Promise<boolean> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await context.sessions.save(session, record);
    } catch (error) {
      if (tries === maxSaves) {
        rememberSuccessor(context, session, record.tokens.refreshToken);
        throw error;
      }
      await wait(100 * tries);
    }
  }
};

/**
 * Stores the record of a refresh.
 *
 * @throws RefreshSuperseded when it has changed since it was read; Problem `session_expired` when it ended meanwhile, and
 * then revokes the refresh token.
 */
export const keepRecord = async (
  context: TokenContext,
  renewal: SessionRenewal,
  record: SessionRecord,
): Promise<void> => {
  const { provider, sessions } = context;
  const isSaved = await trySave(context, renewal.session, record);
  const now = await sessions.reread(renewal.session);
  if (now === undefined) {
    void provider.revoke(record.tokens.refreshToken);
    throw new Problem('session_expired', 'The session ended while its access token was refreshed');
  }
  renewal.session = now;
  if (!isSaved) throw new RefreshSuperseded('Another process has refreshed the session');
};
