import type { TestReference } from '@foyer/doctor/requirements';

/** A module of the OpenID Foundation's test plans for relying parties, and our test of its promise. */
export interface RelyingPartyModule {
  readonly plan: string;
  readonly module: string;
  readonly test: TestReference;
}

const modulesOf = (plan: string, group: string, names: readonly string[]): readonly RelyingPartyModule[] =>
  names.map((name) => {
    const module = `oidcc-client-test${name}`;
    return { plan, module, test: `fastify/conformance/relying-party-modules > ${group} > ${module}` };
  });

/** Modules of the FAPI 2.0 plan: private_key_jwt, DPoP, no signed requests. */
const fapi2ModulesOf = (group: string, names: readonly string[]): readonly RelyingPartyModule[] =>
  names.map((name) => {
    const module = `fapi2-security-profile-final-client-test-${name}`;
    const test: TestReference = `fastify/conformance/fapi2-modules > ${group} > ${module}`;
    return { plan: 'fapi2-security-profile-final-client-test-plan', module, test };
  });

const completed = 'a login that is completed, userinfo with it';
const refused = 'a login that is refused, and userinfo is not asked';
const basic = 'oidcc-client-basic-certification-test-plan';
const wider = 'oidcc-client-test-plan';

/** Every module of the certification plans for the code flow, and those of the wider plan that apply to it. */
export const relyingPartyModules: readonly RelyingPartyModule[] = [
  ...modulesOf(basic, completed, [
    '',
    '-kid-absent-single-jwks',
    '-kid-absent-multiple-jwks',
    '-idtoken-sig-rs256',
    '-scope-userinfo-claims',
    '-client-secret-basic',
  ]),
  ...modulesOf(basic, refused, [
    '-invalid-iss',
    '-missing-sub',
    '-invalid-aud',
    '-missing-iat',
    '-idtoken-sig-none',
    '-invalid-sig-rs256',
    '-userinfo-invalid-sub',
    '-nonce-invalid',
  ]),
  ...modulesOf('oidcc-client-config-certification-test-plan', 'the provider’s configuration', [
    '-discovery-openid-config',
    '-discovery-jwks-uri-keys',
    '-discovery-issuer-mismatch',
    '-signing-key-rotation',
    '-signing-key-rotation-just-before-signing',
  ]),
  ...modulesOf('oidcc-client-config-certification-test-plan', refused, ['-idtoken-sig-none']),
  ...modulesOf('oidcc-client-refreshtoken-test-plan', 'a refresh', [
    '-refresh-token',
    '-refresh-token-invalid-issuer',
    '-refresh-token-invalid-sub',
  ]),
  ...modulesOf('oidcc-client-rp-initiated-logout-rp-basic', 'signing out at the provider', [
    '-rp-init-logout',
    '-rp-init-logout-other-state',
    '-rp-init-logout-no-state',
  ]),
  ...modulesOf('oidcc-client-back-channel-logout-rp-basic', 'signed out by the provider', [
    '-rp-backchannel-rpinitlogout',
    '-rp-backchannel-rpinitlogout-alg-none',
    '-rp-backchannel-rpinitlogout-no-event',
    '-rp-backchannel-rpinitlogout-with-nonce',
    '-rp-backchannel-rpinitlogout-wrong-alg',
    '-rp-backchannel-rpinitlogout-wrong-aud',
    '-rp-backchannel-rpinitlogout-wrong-event',
    '-rp-backchannel-rpinitlogout-wrong-iss',
  ]),
  ...modulesOf(wider, refused, ['-missing-aud']),
  ...modulesOf(wider, completed, ['-userinfo-bearer-header', '-userinfo-signed']),
  ...modulesOf('oidcc-client-test-3rd-party-init-login-test-plan', completed, ['-3rd-party-init-login']),
  ...fapi2ModulesOf('a login that is completed', [
    ...['happy-path', 'happy-path-no-dpop-nonce', 'valid-aud-as-array'],
    ...['token-endpoint-response-without-expires_in', 'token-type-case-insensitivity'],
    'rs-dpop-auth-scheme-case-insensitivity',
  ]),
  ...fapi2ModulesOf('an ID token that is refused', [
    ...['invalid-iss', 'invalid-aud', 'invalid-secondary-aud', 'invalid-null-alg', 'invalid-alternate-alg'],
    ...['invalid-expired-exp', 'invalid-missing-exp', 'invalid-missing-aud', 'invalid-missing-iss'],
    ...['invalid-nonce', 'invalid-missing-nonce'],
  ]),
  ...fapi2ModulesOf('an authorization response that is refused, and nothing more is asked', [
    ...['invalid-authorization-response-iss', 'remove-authorization-response-iss'],
    'ensure-authorization-response-with-invalid-state-fails',
    'ensure-authorization-response-with-invalid-missing-state-fails',
  ]),
  ...fapi2ModulesOf('metadata that is refused', ['discovery-issuer-mismatch']),
];
