/**
 * HEAD again and again over raw sockets, in a process of its own: `node head-load.js URL SECONDS CONNECTIONS`. wrk cannot do that: it waits for the body that the
 * answer's headers describe. Writes what `wrk` gives, as JSON.
 */
import { connect } from 'node:net';
import { median, p99 } from './measure.js';
import type { Counted } from './wrk.js';

const [, , url, load, connections] = process.argv;
if (url === undefined || connections === undefined)
  throw new Error('where, how long, over how many connections?');
const { hostname, port, pathname, host } = new URL(url);
const request = `HEAD ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const times: number[] = [];

function askOn(end: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname).setNoDelay();
    let head = '';
    let asked = 0;
    const ask = (): void => {
      head = '';
      asked = performance.now();
      socket.write(request);
    };
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      head += chunk;
      if (!head.endsWith('\r\n\r\n')) return;
      if (!head.startsWith('HTTP/1.1 200 ')) socket.destroy(new Error(head));
      times.push(performance.now() - asked);
      if (performance.now() < end) ask();
      else socket.destroy();
    });
    socket.once('connect', ask).once('error', reject).once('close', resolve);
  });
}

const cpu = process.cpuUsage();
const start = performance.now();
const end = start + Number(load) * 1000;
await Promise.all(Array.from({ length: Number(connections) }, () => askOn(end)));
const taken = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(cpu);
const counted: Counted = {
  rate: times.length / taken,
  requests: times.length,
  median: median(times),
  p99: p99(times),
  cores: (user + system) / 1e6 / taken,
};
console.log(JSON.stringify(counted));
