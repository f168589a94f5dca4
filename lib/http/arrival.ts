/** What is known of a request when it arrives at the mount. */
export interface Arrival {
  readonly requestId: string;
  /** Address of the mount as the client sees it, without a slash at its end. */
  readonly base: string;
  /** When errors are JSON: when the client asks for it, or unless it excludes it. */
  readonly jsonErrors: 'asked' | 'always';
  /** The path below that of the version, as it was sent: what stands between its slashes, behind the first one. */
  readonly segments: readonly string[];
  /** The query with its question mark; '' when there is none. */
  readonly search: string;
}
