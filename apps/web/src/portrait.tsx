import { type ReactNode, useState } from 'react';

/** The initials of the first and the last word that begin with a letter. A phone number has no initials. */
const initialsOf = (displayName: string): string =>
  displayName
    .split(/\s+/)
    .filter((word) => /^\p{L}/u.test(word))
    .filter((_word, index, words) => index === 0 || index === words.length - 1)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('') || '#';

/** An https address, or a picture written as a `data:` URL; the claim may be any other text, `javascript:` among it. */
const pictureAddress = (picture: unknown): string | undefined =>
  typeof picture === 'string' && /^(https:\/\/|data:image\/)/i.test(picture) ? picture : undefined;

/** The user's picture where the page's policy lets it load, else the initials of the display name. */
export const Portrait = ({
  displayName,
  picture,
}: {
  readonly displayName: string;
  readonly picture: unknown;
}): ReactNode => {
  const [failed, setFailed] = useState(false);
  const address = pictureAddress(picture);
  return address !== undefined && !failed ? (
    <img className="portrait" src={address} alt="" onError={() => setFailed(true)} />
  ) : (
    <span className="portrait" aria-hidden="true">
      {initialsOf(displayName)}
    </span>
  );
};
