import type Provider from 'oidc-provider';
import { sendPage } from './configuration.ts';
import { createSignInPage, createStartPage } from './pages.ts';
import { findPerson, parseTypedName } from './people.ts';
import { asksForSecondStep, authenticationOf } from './second-step.ts';

type Context = Parameters<Parameters<Provider['use']>[0]>[0];

const maxBodyBytes = 8 * 1024;

async function readForm(body: AsyncIterable<Buffer>): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

function chosenAccount(form: URLSearchParams | undefined): string | undefined {
  const person = form?.get('person');
  return person ? findPerson(person)?.accountId : parseTypedName(form?.get('name'));
}

async function answerInteraction(provider: Provider, ctx: Context): Promise<void> {
  const { prompt, params } = await provider.interactionDetails(ctx.req, ctx.res);
  if (prompt.name === 'consent') {
    await provider.interactionFinished(ctx.req, ctx.res, { consent: {} }, { mergeWithLastSubmission: true });
    ctx.respond = false;
    return;
  }
  const hasSecondStep = asksForSecondStep(params.acr_values);
  const client = await provider.Client.find(String(params.client_id));
  const page = { hasSecondStep, appName: client?.clientName };
  if (ctx.method !== 'POST') return sendPage(ctx, createSignInPage(ctx.path, page));
  const accountId = chosenAccount(await readForm(ctx.req));
  if (accountId === undefined) {
    const problem = 'Choose a person, or type a name of at most 60 characters.';
    sendPage(ctx, createSignInPage(ctx.path, { ...page, problem }));
    ctx.status = 400;
    return;
  }
  const result = { login: { accountId, ...authenticationOf(hasSecondStep) } };
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  ctx.respond = false;
}

/** Adds the sign-in page, a start page at `/` and `GET /healthz` to the provider. */
export function addPages(provider: Provider): void {
  provider.use(async (ctx, next) => {
    if (ctx.path === '/healthz') ctx.body = 'ok';
    else if (ctx.path === '/') sendPage(ctx, createStartPage());
    else if (ctx.path.startsWith('/interaction/')) await answerInteraction(provider, ctx);
    else await next();
  });
}
