/** An S3Client of `@aws-sdk/client-s3`, as far as this package names its types: the SDK is an optional dependency. */
export interface S3ClientLike {
  send(...args: never[]): unknown;
  destroy(): void;
}

/** What `new S3Client()` takes; those with a meaning here, and all others as they are. */
export interface S3ClientOptions {
  /** Address of an S3 that is not Amazon's, without credentials. */
  readonly endpoint?: string;
  /** Default: `us-east-1` with an endpoint, else what the SDK finds in the environment. */
  readonly region?: string;
  /** Default: what the SDK finds in the environment. */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>);
  /** Whether the bucket stands in the path of addresses, not in the host's name. Default: true with an endpoint. */
  readonly forcePathStyle?: boolean;
  /** Default: `WHEN_REQUIRED` with an endpoint, as many servers refuse or spoil what the SDK adds otherwise. */
  readonly requestChecksumCalculation?: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED';
  /** Default: `WHEN_REQUIRED` with an endpoint. */
  readonly responseChecksumValidation?: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED';
  readonly [option: string]: unknown;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}
