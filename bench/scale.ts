/** How large and how often. */
export interface Scale {
  /** Bytes of one large transfer. */
  readonly transfer: number;
  /** Bytes of an image copied from another server. */
  readonly copy: number;
  /** Bytes of the transfer that memory is watched in. */
  readonly memoryTransfer: number;
  /** How often each measurement is repeated. */
  readonly rounds: number;
  /** Images of a small catalogue, of one in which requests are counted, and of a large one. */
  readonly images: { readonly few: number; readonly some: number; readonly many: number };
  /** Requests of a round for each listing. */
  readonly requests: number;
  /** Seconds of requests, of as many as come through. */
  readonly load: number;
  readonly smallUploads: number;
}

const MIB = 1024 * 1024;

export const FULL: Scale = {
  transfer: 1024 * MIB,
  copy: 2048 * MIB,
  memoryTransfer: 5 * 1024 * MIB,
  rounds: 3,
  images: { few: 1000, some: 100_000, many: 1_000_000 },
  requests: 20,
  load: 3,
  smallUploads: 600,
};

export const QUICK: Scale = {
  transfer: 32 * MIB,
  copy: 48 * MIB,
  memoryTransfer: 64 * MIB,
  rounds: 1,
  images: { few: 1000, some: 1000, many: 2000 },
  requests: 5,
  load: 1,
  smallUploads: 50,
};

/** The same with so many images in the large catalogue, and never more in the others. */
export function withImages(scale: Scale, many: number): Scale {
  const { few, some } = scale.images;
  return { ...scale, images: { few: Math.min(few, many), some: Math.min(some, many), many } };
}
