/** A JSON object whose members are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object with members. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The one rule for members and claims of the provider's answers: `null` and empty text are absence. */
export const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';

/** An object without those of these members that are absent; of all where none are named. */
export const withoutAbsent = (object: JsonObject, names?: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(object).filter(([name, value]) => !isAbsent(value) || names?.includes(name) === false),
  );

/** A plain JSON object, or `undefined` for anything else. */
export const parseObject = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const readPart = (token: string, index: number): JsonObject | undefined =>
  parseObject(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());

/** The header of a signed token, unverified; `undefined` for anything else. */
export const readHeader = (token: string): JsonObject | undefined => readPart(token, 0);

/** The claims of a signed token, unverified; `undefined` for anything else. */
export const readClaims = (token: string): JsonObject | undefined => readPart(token, 1);

/** Claims with those of another source over them: one that is absent there leaves that which is here. */
export const overlayClaims = (claims: JsonObject, others: JsonObject): JsonObject => ({
  ...claims,
  ...others,
  ...withoutAbsent(claims),
  ...withoutAbsent(others),
});

/** A provider's text for a log line: without control characters, within 200 characters. */
export const cleanText = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, 200);
