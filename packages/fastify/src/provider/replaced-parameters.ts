/** The URL with each parameter once: openid-client adds to what an endpoint has of its own. */
export const replaceParameters = (url: URL, parameters: Readonly<Record<string, string>>): string => {
  const replaced = new URL(url);
  for (const [name, value] of Object.entries(parameters)) replaced.searchParams.set(name, value);
  return replaced.href;
};
