/** Told of what a store could not put right by itself though the call it belongs to has its own result. */
export type Warn = (warning: Error) => void;

/** Node's own way: `process.on('warning')` hears it, and it is printed unless told otherwise. */
export const emitWarning: Warn = (warning) => process.emitWarning(warning);
