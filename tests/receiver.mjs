#!/usr/bin/env node
/*
 * receiver - an HTTP/1.1 receiver for tests: records what it gets and answers as told, however badly
 *
 * usage: receiver.mjs [--listen ADDR] [--port N] [--tls CERT,KEY] [--log FILE] [--raw DIR] [--script FILE]
 *                     [--verify SCHEME]… [--secret-env NAME] [--on-connect stall|reset|close|talk[:N]]
 *
 * Prints "ready PORT" once it listens (127.0.0.1 and a free port unless told otherwise); ends on SIGTERM.
 *
 * --log FILE    one JSON line a request, written before it is answered: n, time_ms (by a clock that never goes back),
 *               connection (from 1), in_flight (requests not yet answered to the end, this one included), method, path
 *               (the target as sent), http_version, headers (name, value, name, value, …), body_base64; verified with
 *               --verify; servername with --tls. What is not a request that a strict receiver takes is answered 400
 *               and logged as {"n":…,"time_ms":…,"connection":…,"in_flight":…,"error":"…"}.
 * --raw DIR     the bytes of request n, as they came, in DIR/n
 * --verify      check each request (wandb, wandb-hex, github, standard) with the secret in the environment variable
 *               that --secret-env names; one that fails is answered 401 whatever the script says
 * --on-connect  do this with each connection, or the first N, before a byte is read (with --tls: before the
 *               handshake); talk: say something that is neither TLS nor HTTP, and close
 * --script FILE {"/path": [answer, …], …}: the answers of a path in turn, the last one again and again. A path is
 *               looked up as sent, then without its query, then as "*". Members of an answer, all optional:
 *
 *   status          200
 *   headers         {"Name": "value" or ["value", …]}; Content-Length and Connection are made unless given
 *   body            text ("ok" for 200); or body_base64; or body_bytes: N for N times "x"
 *   delay_ms        wait before answering
 *   drip_ms         send a byte at a time, so far apart
 *   informational   103, or [103, …]: interim answers before the real one
 *   reset, close, stall
 *                   break off "before" a byte is sent, in the middle of the "headers" or of the "body", or "after" the
 *                   whole answer: by RST, by FIN, or by sending no more while the connection stays open.
 *                   close: true is a whole answer that announces the close; stall: true is stall: "before".
 *   endless_headers, endless_body
 *                   true: one header after another, or a body without an end, until the client leaves
 *   raw             send exactly this text (latin1) in place of an answer, then close
 */
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import { STATUS_CODES } from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { parseArgs } from 'node:util';

const HEAD_MAX = 256 * 1024;
const BODY_MAX = 64 * 1024 * 1024;
const ENDLESS_MAX = 1024 * 1024 * 1024; // even an endless answer ends, should the client never leave
const ENDLESS_PIECE = 64 * 1024;
const BAD_SIGNATURE = { status: 401, body: 'bad signature' };

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e]+) HTTP/(1\\.[01])$`);
const HEADER_LINE = new RegExp(`^(${TOKEN}):[ \\t]*([^\\x00-\\x08\\x0a-\\x1f\\x7f]*?)[ \\t]*$`);

const POINTS = ['before', 'headers', 'body', 'after'];
const isPoint = (v) => v === true || POINTS.includes(v);
const isCount = (v) => Number.isSafeInteger(v) && v >= 0;
const isStatus = (v) => Number.isInteger(v) && v >= 100 && v <= 999;
const isText = (v) => typeof v === 'string';
const isMap = (v) => v !== null && typeof v === 'object' && !Array.isArray(v);
const ANSWER_MEMBERS = {
  status: isStatus,
  headers: (v) => isMap(v) && Object.values(v).flat().every(isText),
  body: isText,
  body_base64: isText,
  body_bytes: isCount,
  delay_ms: isCount,
  drip_ms: isCount,
  informational: (v) => [v].flat().every(isStatus),
  reset: isPoint,
  close: isPoint,
  stall: (v) => isPoint(v) && v !== 'after',
  endless_headers: (v) => v === true,
  endless_body: (v) => v === true,
  raw: isText,
};

class BadRequest extends Error {}

/* Milliseconds since 1970 as of the start, and from there on by a clock that is not set. */
function now() {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;
}

function usage(message) {
  process.stderr.write(`receiver.mjs: ${message}\n`);
  process.exit(2);
}

/* ---- what was asked ---- */

/* A mistyped answer would make a test pass for the wrong reason, so everything in a script is checked. */
function loadScript(file) {
  const script = JSON.parse(fs.readFileSync(file, 'utf8'));
  for (const [target, answers] of Object.entries(script)) {
    if (!Array.isArray(answers) || answers.length === 0) usage(`${file}: ${target}: not an array of answers`);
    for (const answer of answers) {
      for (const [name, value] of Object.entries(answer)) {
        if (!Object.hasOwn(ANSWER_MEMBERS, name)) usage(`${file}: ${target}: unknown member '${name}'`);
        if (!ANSWER_MEMBERS[name](value)) usage(`${file}: ${target}: malformed '${name}'`);
      }
    }
  }
  return new Map(Object.entries(script).map(([target, answers]) => [target, { answers, used: 0 }]));
}

/* Each takes the secret and returns a function that tells whether a request is signed with it. */
const SCHEMES = {
  'wandb': (secret) => (request) =>
    header(request, 'x-wandb-signature') === createHmac('sha256', secret).update(request.body).digest('base64'),
  'wandb-hex': (secret) => (request) =>
    header(request, 'x-wandb-signature') === createHmac('sha256', secret).update(request.body).digest('hex'),
  'github': async (secret) => {
    const { verify } = await import('@octokit/webhooks-methods');
    return (request) => verify(secret, text(request.body), header(request, 'x-hub-signature-256'));
  },
  'standard': async (secret) => {
    const { Webhook } = await import('standardwebhooks');
    const webhook = secret.startsWith('whsec_')
      ? new Webhook(secret)
      : new Webhook(Buffer.from(secret), { format: 'raw' });
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    return (request) => {
      webhook.verify(text(request.body), Object.fromEntries(names.map((name) => [name, header(request, name)])));
      return true;
    };
  },
};

/* The value of a header that must stand exactly once. */
function header(request, name) {
  const values = request.headers.filter((_, i, all) => i % 2 === 1 && all[i - 1].toLowerCase() === name);
  if (values.length !== 1) throw new BadRequest(`${values.length} headers ${name}`);
  return values[0];
}

/* The libraries take text; bytes that are none must not be mended on the way. */
function text(body) {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
}

async function loadVerifiers(schemes, secretName) {
  if (schemes.length === 0) return [];
  const secret = process.env[secretName ?? ''];
  if (!secret) usage('--verify needs --secret-env NAME, a variable that is set');
  return Promise.all(schemes.map((name) =>
    Object.hasOwn(SCHEMES, name) ? SCHEMES[name](secret) : usage(`unknown scheme '${name}'`)));
}

async function loadOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        'listen': { type: 'string', default: '127.0.0.1' },
        'port': { type: 'string', default: '0' },
        'tls': { type: 'string' },
        'log': { type: 'string' },
        'raw': { type: 'string' },
        'script': { type: 'string' },
        'verify': { type: 'string', multiple: true, default: [] },
        'secret-env': { type: 'string' },
        'on-connect': { type: 'string' },
      },
    }));
  } catch (error) {
    usage(error.message);
  }
  const [, onConnect, times] = /^(stall|reset|close|talk)(?::([1-9][0-9]*))?$/.exec(values['on-connect'] ?? 'stall:1') ??
    usage('--on-connect stall|reset|close|talk[:N]');
  const [cert, key] = values.tls?.split(',').map((file) => fs.readFileSync(file)) ?? [];
  return {
    listen: values.listen,
    port: Number(values.port),
    secureContext: cert && tls.createSecureContext({ cert, key }),
    log: values.log && fs.openSync(values.log, 'a'),
    raw: values.raw,
    script: values.script ? loadScript(values.script) : new Map(),
    verifiers: await loadVerifiers(values.verify, values['secret-env']),
    onConnect,
    badConnections: values['on-connect'] === undefined ? 0 : Number(times ?? Infinity),
  };
}

/* ---- one request ---- */

/* Strict on purpose: a client that needs a lenient server is to be found out. */
function parseHead(head) {
  const [first, ...lines] = head.split('\r\n');
  const match = REQUEST_LINE.exec(first);
  if (!match) throw new BadRequest('malformed request line');
  const request = { method: match[1], path: match[2], http_version: match[3], headers: [], length: 0 };
  const seen = new Map();
  for (const line of lines) {
    const field = HEADER_LINE.exec(line);
    if (!field) throw new BadRequest(`malformed header line: ${JSON.stringify(line.slice(0, 80))}`);
    request.headers.push(field[1], field[2]);
    const name = field[1].toLowerCase();
    seen.set(name, [...(seen.get(name) ?? []), field[2]]);
  }
  const hosts = seen.get('host')?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && request.http_version === '1.1')) throw new BadRequest(`${hosts} headers host`);
  if (seen.has('transfer-encoding')) throw new BadRequest('transfer-encoding: only content-length is taken');
  const lengths = seen.get('content-length') ?? ['0'];
  if (lengths.length !== 1 || !/^[0-9]{1,10}$/.test(lengths[0])) throw new BadRequest('malformed content-length');
  request.length = Number(lengths[0]);
  if (request.length > BODY_MAX) throw new BadRequest('body too large');
  const expect = (seen.get('expect') ?? []).map((value) => value.toLowerCase());
  if (expect.some((value) => value !== '100-continue')) throw new BadRequest('unknown expectation');
  request.expectsContinue = expect.length > 0;
  const connection = (seen.get('connection') ?? []).join(',').toLowerCase().split(/[ \t]*,[ \t]*/);
  request.persistent = !connection.includes('close') &&
    (request.http_version === '1.1' || connection.includes('keep-alive'));
  return request;
}

class Receiver {
  constructor(options) {
    this.options = options;
    this.requests = 0;
    this.accepted = 0;
    this.connections = 0;
    this.inFlight = 0;
  }

  record(entry, raw) {
    const n = ++this.requests;
    if (this.options.raw) fs.writeFileSync(path.join(this.options.raw, String(n)), raw);
    if (this.options.log) fs.writeSync(this.options.log, JSON.stringify({ n, time_ms: now(), ...entry }) + '\n');
  }

  async verify(request) {
    try {
      for (const verifier of this.options.verifiers) if (!(await verifier(request))) return false;
      return true;
    } catch {
      return false; // the libraries throw for a bad signature, and header() for a missing one
    }
  }

  nextAnswer(target) {
    const { script } = this.options;
    const turn = script.get(target) ?? script.get(target.split('?')[0]) ?? script.get('*');
    return turn ? turn.answers[Math.min(turn.used++, turn.answers.length - 1)] : {};
  }

  connect(socket) {
    const { badConnections, secureContext } = this.options;
    const onConnect = ++this.accepted <= badConnections && this.options.onConnect;
    socket.setNoDelay(true);
    socket.on('error', () => {}); // clients may leave as they like
    if (onConnect === 'talk') return void socket.resume().end('220 ready\r\n');
    if (onConnect === 'reset') return void socket.resetAndDestroy();
    if (onConnect === 'close') return void socket.destroy();
    if (onConnect === 'stall') return void socket.resume().on('end', () => socket.destroy());
    const connection = ++this.connections;
    if (!secureContext) return void new Conversation(this, connection, socket, socket);
    const ALPNProtocols = ['http/1.1', 'http/1.0'];
    const stream = new tls.TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols });
    stream.on('error', (error) => process.stderr.write(`receiver.mjs: connection ${connection}: ${error.message}\n`));
    stream.on('secure', () => new Conversation(this, connection, stream, socket));
  }
}

/* ---- one connection: requests and answers in turn ---- */

class Conversation {
  constructor(receiver, connection, stream, socket) {
    Object.assign(this, { receiver, connection, stream, socket });
    this.left = new Promise((resolve) => stream.on('end', resolve).on('close', resolve));
    stream.on('end', () => this.ended());
    stream.on('data', (chunk) => this.take(chunk));
    this.expectRequest();
  }

  expectRequest() {
    this.request = null; // its head, once that has come
    this.answering = false;
    this.chunks = [];
    this.size = 0;
  }

  received() {
    if (this.chunks.length !== 1) this.chunks = [Buffer.concat(this.chunks, this.size)];
    return this.chunks[0];
  }

  take(chunk) {
    this.chunks.push(chunk);
    this.size += chunk.length;
    try {
      if (this.answering) throw new BadRequest('bytes before the answer was complete');
      this.request ??= this.takeHead();
      if (!this.request || this.size < this.request.end) return;
      if (this.size > this.request.end) throw new BadRequest('bytes after the request');
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      return void this.refuse(error.message);
    }
    this.answering = true;
    this.handle(this.request);
  }

  takeHead() {
    const bytes = this.received();
    if (bytes[0] < 0x41 || bytes[0] > 0x5a) throw new BadRequest('not HTTP'); // TLS, say: it would wait for an answer
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0 && bytes.length > HEAD_MAX) throw new BadRequest('head too large');
    if (end < 0) return null;
    const request = parseHead(bytes.toString('latin1', 0, end));
    request.end = end + 4 + request.length;
    if (request.expectsContinue && this.size < request.end) this.stream.write('HTTP/1.1 100 Continue\r\n\r\n');
    return request;
  }

  ended() {
    if (!this.answering && this.size > 0) this.refuse('connection ended within a request');
  }

  refuse(error) {
    const { connection, receiver } = this;
    receiver.record({ connection, in_flight: receiver.inFlight, error }, this.received());
    this.stream.removeAllListeners('data').removeAllListeners('end');
    this.stream.resume(); // a close with bytes unread would be a RST and could overtake the answer
    this.stream.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  }

  async handle(request) {
    const { connection, receiver, stream } = this;
    const { method, path: target, http_version, headers } = request;
    const raw = this.received();
    request.body = raw.subarray(request.end - request.length);
    request.isOpen = true;
    const entry = { connection, in_flight: ++receiver.inFlight };
    if (stream.encrypted) entry.servername = stream.servername || null;
    if (receiver.options.verifiers.length > 0) entry.verified = await receiver.verify(request);
    Object.assign(entry, { method, path: target, http_version, headers, body_base64: request.body.toString('base64') });
    receiver.record(entry, raw);
    try {
      await this.answer(request, entry.verified === false ? BAD_SIGNATURE : receiver.nextAnswer(target));
    } catch (error) {
      if (stream.writable) throw error; // else the client has left
    } finally {
      this.settle(request);
    }
  }

  /* The request is no longer in flight. May be said twice: whoever sends the last byte says it before, lest the
     client's next request come first. */
  settle(request) {
    if (request.isOpen) this.receiver.inFlight--;
    request.isOpen = false;
  }

  async answer(request, spec) {
    const how = ['reset', 'close', 'stall'].find((name) => spec[name]);
    const at = spec[how] === true ? (how === 'stall' ? 'before' : 'after') : spec[how];
    await this.pause(spec.delay_ms);
    if (at === 'before') return this.breakOff(how);
    if (spec.raw !== undefined) {
      await this.send(Buffer.from(spec.raw, 'latin1'), spec);
      return this.breakOff('close');
    }
    for (const status of [spec.informational ?? []].flat())
      await this.send(Buffer.from(`HTTP/1.1 ${status} ${reason(status)}\r\nX-Interim: yes\r\n\r\n`), spec);

    const persistent = request.persistent && spec.close !== true && !spec.endless_body;
    const body = makeBody(spec);
    const head = makeHead(spec, body.length, persistent);
    if (at === 'headers') {
      await this.send(head.subarray(0, head.length >> 1), spec);
      return this.breakOff(how);
    }
    if (spec.endless_headers) return this.sendEndless(head.subarray(0, -2), `X-Endless: ${'x'.repeat(1000)}\r\n`, spec);
    if (spec.endless_body) return this.sendEndless(head, 'x'.repeat(ENDLESS_PIECE), spec);
    const shown = request.method === 'HEAD' ? 0 : at === 'body' ? body.length >> 1 : body.length;
    await this.send(Buffer.concat([head, body.subarray(0, shown)]), spec, () => {
      this.settle(request);
      if (!at && persistent) this.expectRequest();
    });
    if (at || !persistent) return this.breakOff(how ?? 'close');
  }

  /* Wait, but not for a client that has left. */
  async pause(ms) {
    if (ms) await Promise.race([sleep(ms, null, { ref: false }), this.left]);
  }

  write(bytes) {
    return new Promise((resolve, reject) => this.stream.write(bytes, (error) => (error ? reject(error) : resolve())));
  }

  async send(bytes, { drip_ms }, beforeLast = () => {}) {
    const step = drip_ms ? 1 : bytes.length;
    for (let i = 0; i < bytes.length; i += step) {
      if (i > 0) await this.pause(drip_ms);
      if (i + step >= bytes.length) beforeLast();
      await this.write(bytes.subarray(i, i + step));
    }
  }

  async sendEndless(start, piece, spec) {
    await this.send(start, spec);
    const bytes = Buffer.from(piece);
    for (let sent = 0; sent < ENDLESS_MAX; sent += bytes.length) await this.send(bytes, spec);
    this.stream.destroy();
  }

  async breakOff(how) {
    this.stream.removeAllListeners('data').resume(); // what comes now comes too late
    if (how !== 'stall') this.settle(this.request);
    if (how === 'reset') this.socket.resetAndDestroy();
    else if (how === 'close') this.stream.end();
    else await this.left;
  }
}

/* ---- the bytes of an answer ---- */

function reason(status) {
  return STATUS_CODES[status] ?? 'Unknown';
}

function makeBody({ status = 200, body, body_base64, body_bytes }) {
  if (body_bytes !== undefined) return Buffer.alloc(body_bytes, 'x');
  if (body_base64 !== undefined) return Buffer.from(body_base64, 'base64');
  return Buffer.from(body ?? (status === 200 ? 'ok' : ''));
}

function makeHead({ status = 200, headers = {}, endless_body }, length, persistent) {
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const lines = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => [name, value]));
  const isFramed = given.has('content-length') || given.has('transfer-encoding') || endless_body;
  if (!isFramed && !(status === 204 || status < 200)) lines.push(['Content-Length', length]);
  if (!persistent && !given.has('connection')) lines.push(['Connection', 'close']);
  const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`HTTP/1.1 ${status} ${reason(status)}\r\n${fields}\r\n`, 'latin1');
}

const options = await loadOptions();
const receiver = new Receiver(options);
const server = net.createServer((socket) => receiver.connect(socket));
server.on('error', (error) => {
  process.stderr.write(`receiver.mjs: ${error.message}\n`);
  process.exit(1);
});
process.on('SIGTERM', () => process.exit(0));
server.listen(options.port, options.listen, 4096, () => fs.writeSync(1, `ready ${server.address().port}\n`));
