import { startFauxqs } from 'fauxqs';

/** Run as a child, as all that it stores is in its memory: tells its port, and ends when its parent does. */
const { port } = await startFauxqs({ port: 0, logger: false });
process.once('disconnect', () => process.exit(0));
process.send?.(port);
