/**
 * The major version of the Node that the person's npm runs on: within a clone of this repository npx starts the command on
 * another one, which `npm install` in the new product does not have.
 */
export const readNodeOfNpm = (
  agent = process.env.npm_config_user_agent ?? '',
  own = process.versions.node,
): number => Number.parseInt(/ node\/v(\d+)/.exec(agent)?.[1] ?? own, 10);
