import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { admit, sendToLogin } from '../gate/admission.ts';
import { readOriginalRequest, readParameters } from '../gate/gate-question.ts';
import { isEmailInDoubt, present, printIdentity } from '../gate/identity-headers.ts';
import { readQuery } from '../login/login-hints.ts';
import { parseReturnTo } from '../login/return-to.ts';
import type { Requirement } from '../options/requirement.ts';
import { Problem } from '../problems.ts';
import type { Session } from '../session/session-record.ts';
import { claimsOf } from '../session/user.ts';
import { addRoute } from './add-route.ts';

/** The paths of oauth2-proxy that answer here too. */
export const oauth2ProxyPaths = {
  auth: '/oauth2/auth',
  start: '/oauth2/start',
  signIn: '/oauth2/sign_in',
  signOut: '/oauth2/sign_out',
} as const;

const listOf = (parameters: URLSearchParams, name: string): readonly string[] | undefined =>
  parameters
    .get(name)
    ?.split(',')
    .filter((each) => each !== '');

/** An empty list admits no one: a requirement of nothing is met by no claim. */
const requirementOf = (parameters: URLSearchParams): Requirement | undefined => {
  const groups = listOf(parameters, 'allowed_groups');
  const email = listOf(parameters, 'allowed_emails');
  const claims = { ...(groups && { groups }), ...(email && { email }) };
  return Object.keys(claims).length === 0 ? undefined : { claims };
};

/** Refuses an email that is not verified, or of none of the domains, where the email decides who passes. */
const requireEmail = (bff: Bff, session: Session, parameters: URLSearchParams): void => {
  const domains = listOf(parameters, 'allowed_email_domains');
  if (domains === undefined && !parameters.has('allowed_emails')) return;
  if (isEmailInDoubt(bff, session))
    throw new Problem(
      'forbidden',
      'The email is not verified, by email_verified or xms_edov of the provider',
    );
  const { email } = claimsOf(session);
  const domain = typeof email === 'string' ? email.slice(email.lastIndexOf('@') + 1).toLowerCase() : '';
  if (domains === undefined || (domain !== '' && domains.some((each) => each.toLowerCase() === domain)))
    return;
  throw new Problem('forbidden', 'The email is of none of the domains that /oauth2/auth allows');
};

/** `/oauth2/auth` as the configurations of oauth2-proxy use it: 202 and `X-Auth-Request-*`, or 401, or 403. */
const answerAuth = async (bff: Bff, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
  const parameters = readParameters(request.url, [
    'allowed_groups',
    'allowed_emails',
    'allowed_email_domains',
  ]);
  const { method } = readOriginalRequest(request, bff.options);
  const session = await admit(bff, request, { method, requirement: requirementOf(parameters) });
  requireEmail(bff, session, parameters);
  const { subject, email, username, groups } = printIdentity(bff, session);
  const headers = present({
    'x-auth-request-user': subject,
    'x-auth-request-email': email,
    'x-auth-request-preferred-username': username,
    'x-auth-request-groups': groups,
  });
  return reply.code(202).headers(headers).send();
};

/** Adds the paths of oauth2-proxy. @see docs/migration/from-oauth2-proxy.md */
export const addOauth2ProxyRoutes = (scope: FastifyInstance, bff: Bff): void => {
  const { options } = bff;
  const auth = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    answerAuth(bff, request, reply);
  addRoute(scope, oauth2ProxyPaths.auth, { GET: auth, HEAD: auth });

  const start = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const asked = readQuery(request.url).get('rd') ?? request.headers['x-auth-request-redirect'];
    return sendToLogin(bff, reply, { returnTo: parseReturnTo(asked, options) });
  };
  addRoute(scope, oauth2ProxyPaths.start, { GET: start });
  addRoute(scope, oauth2ProxyPaths.signIn, { GET: start });

  const signOut = `${options.basePath}${paths.logout}`;
  addRoute(scope, oauth2ProxyPaths.signOut, {
    // A GET signs no one out: the page asks.
    GET: async (_request, reply) => reply.redirect(signOut, 303),
    POST: async (_request, reply) => reply.redirect(signOut, 307),
  });
};
