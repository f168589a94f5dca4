/** Reads UTF-8 and throws TypeError at what is none. Shared: to make one takes longer than to read with it, and each reading begins anew. */
export const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
