/** The least that Node answers with: what wrk gets of it is what the baseline server has to get near. */
import http from 'node:http';
import { listen } from './listen.js';

const server = http.createServer((_request, response) => {
  response.end('hello');
});
listen(server, () => Promise.resolve());
