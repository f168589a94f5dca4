import type { IncomingMessage } from 'node:http';
import type { Identity } from '../domain/identity.js';

/**
 * The port for identities: tells who sends a request, or null for somebody unknown (then the answer is 401).
 * Anything it throws that is no RegistryError counts as an outage of the identity service (503).
 */
export interface Authenticate {
  (request: IncomingMessage): Identity | null | Promise<Identity | null>;
  /** Value of `WWW-Authenticate` on 401, RFC 9110 section 11.6.1. Default `Token realm="images"`. */
  readonly challenge?: string;
  /** Makes the strategy ready; called once before the first request. */
  readonly open?: () => Promise<void>;
  /** Releases what `open` took. */
  readonly close?: () => Promise<void>;
}

export type { Identity };
