/** What a thread is asked. A lane is one digest of one stream of bytes. */
export type ThreadRequest =
  | { readonly lane: number; readonly begin: string; readonly ring: SharedArrayBuffer }
  | { readonly lane: number; readonly from: number; readonly length: number }
  | { readonly lane: number; readonly finish: true }
  | { readonly lane: number; readonly drop: true };

/** What it answers: at first, and unasked, that it runs. */
export type ThreadAnswer = 'ready' | LaneAnswer;

export type LaneAnswer = { readonly lane: number } & (
  { readonly taken: true } | { readonly digest: string } | { readonly failure: string }
);
