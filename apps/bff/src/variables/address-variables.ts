import { parseCidrs, parseHost, parsePort, parseText } from '../parsers.ts';
import { variable } from './variable.ts';

/** Where the BFF is. */
export const addressVariables = {
  PUBLIC_URL: variable(parseText, {
    option: 'publicUrl',
    fallback: 'http://localhost:3000',
    meaning: 'The origin that the browser sees; https, or http on a loopback host. A path is refused',
  }),
  HOST: variable(parseHost, {
    fallback: '127.0.0.1',
    meaning: 'The address where the BFF listens; `0.0.0.0` in the image',
  }),
  PORT: variable(parsePort, { fallback: '3000', meaning: 'The port where the BFF listens' }),
  TRUST_PROXY: variable(parseCidrs, {
    meaning:
      'Comma list of CIDRs whose `X-Forwarded-For` is believed, for client addresses only; any other address holds at most 2,048 connections at a time',
  }),
} as const;
