import { type ReactNode, useState } from 'react';

/** Of the first and the last word that begin with a letter; a phone number has none. */
const initialsOf = (displayName: string): string =>
  displayName
    .split(/\s+/)
    .filter((word) => /^\p{L}/u.test(word))
    .filter((_word, index, words) => index === 0 || index === words.length - 1)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('') || '#';

/** The user's picture where the page's policy lets it load, else the initials of the display name. */
export const Portrait = ({
  displayName,
  picture,
}: {
  readonly displayName: string;
  readonly picture: unknown;
}): ReactNode => {
  const [failed, setFailed] = useState(false);
  return typeof picture === 'string' && picture !== '' && !failed ? (
    <img className="portrait" src={picture} alt="" onError={() => setFailed(true)} />
  ) : (
    <span className="portrait" aria-hidden="true">
      {initialsOf(displayName)}
    </span>
  );
};
