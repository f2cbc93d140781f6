#!/usr/bin/env node
/*
 * killer - run a sender with a journal again and again, kill it at random moments, and count what arrives
 *
 * usage: killer.mjs --kills N --deliveries N --jobs N --dir DIR -- COMMAND…
 *
 * Runs COMMAND --journal DIR/journal -j JOBS with a file of records as its last word, and receives what it sends on
 * 127.0.0.1. At a random request, seen from here, before or behind its answer, the command gets SIGKILL. It is run
 * until it ends by itself; then comes the next round, with a new journal, until there have been so many kills. Of
 * each run, once all its connections are closed, this must hold:
 *
 *   what a killed run had under way (received, and not in the journal) is not more than JOBS deliveries;
 *   a delivery comes again only if a kill left it so;
 *   every receipt that says finished is in the journal, and everything in the journal was received;
 *   a run that is not killed ends with status 0, and has sent everything, in all rounds together once each but for
 *   those;
 *   nothing is said but, behind a kill in the middle of write(2), that the journal's last line was torn.
 *
 * Prints what it did; exit status 1, after a message, if anything of it does not hold.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { parseArgs } from 'node:util';

const { values, positionals: command } = parseArgs({
  options: {
    kills: { type: 'string' },
    deliveries: { type: 'string' },
    jobs: { type: 'string' },
    dir: { type: 'string' },
  },
  allowPositionals: true,
});
const kills = Number(values.kills);
const deliveries = Number(values.deliveries);
const jobs = Number(values.jobs);
const journal = `${values.dir}/journal`;
const records = `${values.dir}/records`;

function fail(message) {
  process.stderr.write(`killer.mjs: ${message}\n`);
  process.exit(1);
}

/* ---- what arrives ---- */

let received; // of the round: id to how often
let doubtful; // of the round: may come again
let run; // at hand
let mayBeTorn; // the journal, by the run before
const torn = /^wb-send: journal '[^']*': the last line was torn: its \d+ bytes are cut off\n$/;

function shoot() {
  run.shotAt = 0;
  run.child.kill('SIGKILL');
}

/* Most answers go out at once, some together a turn later, so that there is always something under way. */
function answer(response) {
  if (randomInt(4) > 0) response.end('ok');
  else setImmediate(() => response.end('ok'));
}

const server = http.createServer({ keepAliveTimeout: 0 }, (request, response) => {
  const id = request.url.slice(1);
  const times = (received.get(id) ?? 0) + 1;
  if (times > 1 && !doubtful.delete(id)) fail(`${id} came again, though no kill left it in doubt`);
  received.set(id, times);
  run.seen++;
  if (run.seen !== run.shotAt) return answer(response);
  if (run.shotBefore) return shoot();
  response.end('ok', () => (run.shotLater ? setImmediate(shoot) : shoot()));
});
let connections = 0;
let closed = () => {};
server.on('connection', (socket) => {
  connections++;
  socket.on('error', () => {});
  socket.on('close', () => {
    if (--connections === 0) closed();
  });
});

/* What a dead sender sent may still stand in the sockets. */
async function drained() {
  if (connections > 0) await new Promise((resolve) => (closed = resolve));
  closed = () => {};
}

/* ---- one run ---- */

function journaled() {
  if (!fs.existsSync(journal)) return new Set();
  const lines = fs.readFileSync(journal, 'utf8').split('\n').slice(0, -1);
  const form = /^\{"delivery_id":"([^"]+)","status":"finished","at":"[-0-9]{10}T[:0-9]{8}\.[0-9]{3}Z",[^{}]*\}$/;
  return new Set(lines.map((line) => form.exec(line)?.[1] ?? fail(`in the journal: ${line}`)));
}

async function send() {
  const child = spawn(command[0], [...command.slice(1), '--journal', journal, '-j', String(jobs), records], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (output[0] += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output[1] += text));
  run = { child, seen: 0, shotAt: randomInt(1, 160), shotBefore: randomInt(2) === 0, shotLater: randomInt(2) === 0 };
  const [status, signal] = await once(child, 'close');
  await drained();

  const finished = journaled();
  const lost = [...received.keys()].filter((id) => !finished.has(id));
  for (const id of finished) if (!received.has(id)) fail(`${id} stands in the journal, and never came`);
  for (const line of output[0].split('\n').slice(0, -1)) {
    const receipt = JSON.parse(line);
    if (!['finished', 'skipped'].includes(receipt.status)) fail(`a receipt: ${line}`);
    if (!finished.has(receipt.delivery_id)) fail(`a receipt, and nothing in the journal: ${line}`);
  }
  if (output[1] !== '' && !(mayBeTorn && torn.test(output[1]))) fail(`said: ${output[1]}`);
  mayBeTorn = signal !== null;
  if (signal === null && status !== 0) fail(`status ${status}`);
  if (signal !== null && signal !== 'SIGKILL') fail(`died of ${signal}`);
  if (lost.length > (signal === null ? 0 : jobs)) fail(`${lost.length} were under way, of at most ${jobs}: ${lost}`);
  doubtful = new Set(lost);
  return { killed: signal !== null, again: lost.length };
}

server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;
fs.writeFileSync(records, Array.from({ length: deliveries }, (_, i) =>
  `{"delivery_id":"d-${i}","event":{"event_type":"x"},"automation":{"name":"a"},` +
  `"request":{"url":"${url}/d-${i}","headers":{},"body":"${i}"}}\n`).join(''));

let killed = 0;
let rounds = 0;
let most = 0;
let twice = 0;
for (; killed < kills; rounds++) {
  received = new Map();
  doubtful = new Set();
  mayBeTorn = false;
  fs.rmSync(journal, { force: true });
  for (let goesOn = true; goesOn; ) {
    const result = await send();
    goesOn = result.killed;
    killed += Number(result.killed);
    most = Math.max(most, result.again);
  }
  if (received.size !== deliveries) fail(`${received.size} of ${deliveries} arrived`);
  twice += [...received.values()].reduce((sum, times) => sum + times - 1, 0);
}
process.stdout.write(`${killed} kills in ${rounds} rounds: at most ${most} under way at one, ${twice} came again\n`);
process.exit(most > 0 ? 0 : fail('nothing was ever under way'));
