import { isRegistryError, RegistryError, type ErrorCode } from '../../errors.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'store_full',
  EDQUOT: 'store_full',
  EFBIG: 'store_full',
  EROFS: 'store_denied',
  EACCES: 'store_denied',
  EPERM: 'store_denied',
};

function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/**
 * Waits for a call of the file system.
 * @throws RegistryError `store_full`, `store_denied` or `unavailable`; its message is for the log
 */
export async function onDisk<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (isRegistryError(error)) throw error;
    const code = systemCode(error) ?? 'no code';
    throw new RegistryError(CODES[code] ?? 'unavailable', `disk store: cannot ${what}: ${code}`, {
      cause: error,
    });
  }
}

/** Waits for a call; null when it fails with this code of the system, such as `ENOENT`. */
export async function unless<T>(code: string, call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (systemCode(error) === code) return null;
    throw error;
  }
}
