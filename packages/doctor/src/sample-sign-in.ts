import { readFileSync } from 'node:fs';
import { codeOf } from '@foyer/environment';
import type { ApiRoute, ResolvedOptions } from '@foyer/fastify';
import { findLacking } from '@foyer/fastify/requirement';
import { describeRoute } from './api-routes.ts';
import type { Finding } from './finding.ts';
import { isObject, parseJson } from './metadata.ts';

type Sample = Parameters<typeof findLacking>[0];

const ofRoutes = (verdict: Finding['verdict'], text: string): Finding => ({
  verdict,
  subject: 'API routes',
  text,
});

/** The claims of an ID token or of userinfo, an answer of `/api/me`, or a token response with its `scope`. */
const parseSample = (text: string, usualScope: string): Sample | undefined => {
  const value = parseJson(text);
  if (!isObject(value)) return undefined;
  const { user, scope = usualScope } = value;
  const claims = isObject(user) ? user : value;
  return { claims, scope: typeof scope === 'string' ? scope : usualScope };
};

const readSample = (file: string, usualScope: string): Sample | Finding => {
  try {
    const what = 'holds no JSON object: give the claims of an ID token, or what /api/me answers.';
    return parseSample(readFileSync(file, 'utf8'), usualScope) ?? ofRoutes('bad', `${file} ${what}`);
  } catch (error) {
    const reason = codeOf(error) ?? 'unknown';
    return ofRoutes('bad', `${file} cannot be read (${reason}). Give the path of a file with claims.`);
  }
};

const namesOf = ({ claims = {}, scope, acr, maxAge }: NonNullable<ApiRoute['require']>): string =>
  [
    ...Object.keys(claims),
    ...(scope === undefined ? [] : ['scope']),
    ...(acr === undefined ? [] : ['acr']),
    ...(maxAge === undefined ? [] : ['auth_time']),
  ].join(', ');

/** Says for each API route that requires something whether the sign-in in `file` meets it, by what, or what it lacks. */
export const examineSample = (file: string, { apiRoutes, scope }: ResolvedOptions): readonly Finding[] => {
  const sample = readSample(file, scope);
  if ('verdict' in sample) return [sample];
  return apiRoutes.flatMap((route) => {
    if (route.require === undefined) return [];
    const lacking = findLacking(sample, route.require);
    return lacking.length === 0
      ? ofRoutes('ok', `${describeRoute(route)}: the sample sign-in may, by ${namesOf(route.require)}.`)
      : ofRoutes('note', `${describeRoute(route)}: the sample sign-in may not. ${lacking.join('. ')}.`);
  });
};
