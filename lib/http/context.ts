import type { Request, Response } from 'express';
import type { Caller } from '../domain/identity.js';
import type { Images } from '../services/images.js';
import type { Members } from '../services/members.js';
import type { Logger } from '../logger.js';
import type { AccelRedirect } from './accel-redirect.js';
import type { KeptAnswers } from './kept-answers.js';
import type { ReadBudget } from './read-budget.js';
import type { Params } from './route-table.js';

/** What the handlers of a mounted registry share. */
export interface HttpParts {
  readonly images: Images;
  readonly members: Members;
  readonly log: Logger;
  /** Bounds the bodies that are gathered in memory. */
  readonly reading: ReadBudget;
  /** Answers to listings, of all versions. */
  readonly answers: KeptAnswers;
  readonly settings: HttpSettings;
}

/** The options that only HTTP knows. */
export interface HttpSettings {
  readonly publicEndpoint: string | null;
  /** Pages elsewhere that may use the registry from a browser. */
  readonly allowedOrigins: readonly string[];
  readonly lenientClients: boolean;
  /** The proxies that send files themselves; null: there are none. */
  readonly accelRedirect: AccelRedirect | null;
  /** Most bytes of one image. */
  readonly imageSizeCap: number;
  /** Most properties of one image. */
  readonly imagePropertyQuota: number;
}

/** One request, identified and authenticated. */
export interface Exchange extends HttpParts, Incoming {}

/** What is known of a request. */
export interface Incoming {
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly requestId: string;
  /** Address of the mount as the client sees it, without a slash at its end. */
  readonly base: string;
  /** The query with its question mark; '' when there is none. */
  readonly search: string;
  readonly params: Params;
  /** Aborted with a RegistryError when the client goes away before it has the answer. */
  readonly signal: AbortSignal;
}

/** Answers one verb on one path. What it throws becomes the answer. */
export type Handler<Parts = HttpParts> = (exchange: Parts & Incoming) => Promise<void>;
