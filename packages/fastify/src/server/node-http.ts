/**
 * Node's http without an `import`, which would read every export of it: that of `WebSocket` loads a `fetch` of Node's own,
 * 14 MB.
 *
 * @see https://nodejs.org/api/process.html#processgetbuiltinmoduleid
 */
export const { createServer, request, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http');
