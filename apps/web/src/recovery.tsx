import { useBffClient, useStepUp } from '@foyer/client/react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { PageHeading } from './page-heading.tsx';

const parseCode = (body: unknown): string => {
  const code: unknown = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
  if (typeof code !== 'string') throw new Error('The API answered something that is not a code.');
  return code;
};

const explain = (status: number): string => {
  if (status === 401) return 'This needs a fresh sign-in with a second step.';
  if (status === 403) return 'You are not allowed to do this.';
  return `The API could not do that (${status}).`;
};

/**
 * Something that needs a fresh sign-in with a second step. The client goes to that sign-in and comes back here; what was
 * typed is kept.
 */
export const Recovery = (): ReactNode => {
  const client = useBffClient();
  const [typed, setTyped] = useState<string>();
  const kept: string | undefined = useStepUp('recovery', () => typed ?? kept ?? '');
  const [said, setSaid] = useState('');
  const [problem, setProblem] = useState('');
  const name = typed ?? kept ?? '';

  const make = async (): Promise<void> => {
    setSaid('');
    setProblem('');
    try {
      const response = await client.fetch('/api/recovery-codes', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name }),
      });
      if (response.ok) setSaid(`The code of ${name} is ${parseCode(await response.json())}.`);
      else setProblem(explain(response.status));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : 'Something went wrong. Try again.');
    }
  };

  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    void make();
  };

  return (
    <div className="topic">
      <div className="intro">
        <PageHeading title="Recovery code">A recovery code</PageHeading>
        <p className="soft">
          Codes are made for people who have just signed in with a second step. Anyone else goes there first,
          and comes back to this form as it was.
        </p>
      </div>
      <section className="card stack">
        <form className="fields" onSubmit={submit}>
          <label>
            What is it for?
            <input
              name="name"
              value={name}
              onChange={({ target }) => setTyped(target.value)}
              maxLength={60}
              required
              autoComplete="off"
            />
          </label>
          <button type="submit">Make a code</button>
        </form>
        <p role="alert" className="wrong">
          {problem}
        </p>
        <p role="status">{said}</p>
      </section>
    </div>
  );
};
