#!/usr/bin/env node
/*
 * wandb - a stand-in for a W&B server: its GraphQL API, as far as wandb.graphql goes, over registries in memory
 *
 * usage: wandb.mjs --key-env NAME [--log FILE] [--tls CERT,KEY]
 *
 * Prints "ready PORT" once it listens on 127.0.0.1; ends on SIGTERM. POST /graphql wants Basic api:KEY, the key in the
 * environment variable NAME. --log FILE: one JSON line a request, written before it is answered, the key left out: n,
 * connection, in_flight, method, path, has_authorization, authorized (it is the right one), headers, operation, fields
 * (every name in the query), variables, size, status, fault, bytes.
 *
 * POST /control takes a command, or a list of them, and answers with its result, or a list; 400 {"error":…} if it
 * cannot be done. A COLLECTION is "entity/project/name", a VERSION "entity/project/name:alias"; [ ] may be left out.
 * Every command takes "at": TIME, which sets the clock first, or "after": SECONDS, which moves it on; it does not go
 * by itself and starts at 2026-03-24T01:00:00Z.
 *
 *   {"do":"organization", name, entity}       entity: the one that owns its registries
 *   {"do":"registry", organization, name}     → {project}: "ENTITY/wandb-registry-NAME"
 *   {"do":"project", project}                 other projects, also made by what is put into them: "entity/project"
 *   {"do":"redirect", project, to}            asked for the one, the server gives the other
 *   {"do":"collection", collection}           an empty one → {collection_id, …}
 *   {"do":"rename", collection, name}
 *   {"do":"delete_collection", collection}
 *   {"do":"tag_collection" or "untag_collection", collection, tag}
 *   {"do":"artifact", [VERSION'S]}            log a version without linking it → {artifact}: its id
 *   {"do":"link", collection, [artifact], [user], [aliases], [VERSION'S]}
 *       link the artifact with this id, or a new one → {artifact, membership, collection_id, version, version_string}.
 *       VERSION'S: type (model), metadata (JSON as text, kept byte for byte), tags, created_by ({"run","user"},
 *       {"user"} or null), sequence (a collection: where it was logged to), description. user: null is nobody.
 *   {"do":"unlink", version, [user]}           its aliases go, too
 *   {"do":"alias" or "unalias", version, alias, [user]}    alias: also moves it
 *   {"do":"tag" or "untag", version, tag}
 *   {"do":"metadata", version, metadata}
 *   {"do":"delete_artifact", version}         without a trace in any history
 *   {"do":"bulk", project, collections, versions, [prefix], [user], [aliases], [VERSION'S]}
 *       model-0001, model-0002, … with so many versions each
 *   {"do":"changes", [since], [types], [implied]}
 *       what has really happened, in order: {n, time, type, collection, version, artifact, alias or tag, previous (the
 *       version that the alias was on), user, metadata (then)}. types are those of events, and REMOVE_ARTIFACT_ALIAS,
 *       UPDATE_METADATA, DELETE_ARTIFACT, DELETE_COLLECTION. since: after that n. implied: true: also the aliases
 *       latest and v<N> that a link makes, and those that an unlink takes away.
 *   {"do":"clock"}                            → {time}
 *   {"do":"webhook", entity, name, url, [access_token], [secret]}   an integration, with names of secrets → {id}
 *   {"do":"slack", entity, team, channel}     → {id}
 *   {"do":"automation", name, scope, event, filter, action, [description], [enabled], [condition]}   → {id}
 *       scope: {"collection"}, {"project"}, {"entity"} or {"future"}: an entity whose scope nobody knows. event and
 *       filter: as they are saved, filter a string. action: {type: one of the union's, [integration: ID], [payload],
 *       [queue: ID or null], [template], [title], [message], [severity], [body]}. condition: "future": of a new type.
 *   {"do":"delete_automation", id}
 *   {"do":"queue", queue, [priorities]}       a Launch queue "entity/project/name" → {id}
 *   {"do":"agent", queue, [keep]}             start the run of its oldest item, which leaves the queue unless kept
 *   {"do":"pushes"}                           what is or was in all queues, newest first, runSpec as it came
 *   {"do":"log"}, {"do":"counts"}, {"do":"clear_log"}
 *       requests since the start or clear_log, which also starts their numbers anew
 *   {"do":"await", [requests], [held]}        answered when so many have come, or are held
 *   {"do":"release"}                          answer those that are held
 *   {"do":"try", commands}                    the results, {"error":…} for those that cannot be done
 *   {"do":"reset"}                            as after the start
 *   {"do":"settings", …}                      → all of them
 *
 *   page_limit 1000      no page is longer, whatever first says; page_default 50: without first
 *   short_every 0        every so manyth page is but half as long; empty_every 0: has nothing, and there is more
 *   trailing_page false  a full page always says that there is more
 *   cursors "keyset"     a node has the same cursor always; "offset": its place; "salted": another one each time
 *   default_order "-id"  of lists without an order, but for collections: "+id", "hash"
 *   ties "+id"           among what is equal in the order: "-id", "hash"
 *   extra_orders []      names besides created_at and name that order takes: "updated_at"
 *   filter_keys {}       {"artifactCollectionActions": []}: the only keys that the filters of a list take
 *   ignored_filters [], ignored_orders []
 *                        names of lists that give all in spite of filters, or in their own order
 *   times "Z"            "bare": without it; "mixed"
 *   history_limit null   actions that a collection keeps of each history; history_delay 0: seconds before they show
 *   move_actions 1       a move of an alias is one action, or 2
 *   latest_in_history, versions_in_history, unlink_in_alias_history false
 *                        the alias history also has latest, v<N>, and those that an unlink takes away
 *   unlink_moves_latest false
 *                        to the last version that is left
 *   unlink_artifact "kept"
 *                        "null": the action does not say which version
 *   action_types {link, unlink, add, remove, move}
 *                        what actionType says
 *   touch ["link", "unlink"]
 *                        what changes a collection's updatedAt, also: "alias", "tag", "metadata", "collection_tag"
 *   hidden []            projects and collections that the key may not see: they make pages short and empty
 *   without []           "Type.field", "Type.field.argument" or "Union.type" that the server's version does not have
 *   denied []            "field" or "Type.field", with "@PATH" only below that entity, project or collection: 403
 *   introspection false, headers {} (of each answer), gzip false (compress for those who take it)
 *   date true            answers have a Date, which is the clock's
 *
 *   {"do":"fault", kind, [when], [skip], [times], [chance], [executed], …}
 *       Spoil the answers to the requests that match: but for the first skip ones, so many times (1; or "always"), with
 *       a chance of 1. executed: false: without doing what was asked. when: {request: N, operation: NAME, field: NAME
 *       (anywhere in the query), contains: TEXT (in the request), variables: {…}}, all of them. One fault a request:
 *       the oldest that can. Kinds, with their options:
 *
 *   status status 500, headers {}, body       rate_limit retry_after, retry_in (seconds, as a date), remaining, reset
 *   errors status 200, message, code          partial path, message, code: null there, and an error
 *   replace path, value                       path: "data.project.artifactCollections.edges.0"; or a wrong type
 *   invalid_utf8 bytes "ff", member           in the first string, or in that of the member
 *   nested_errors depth 10, status 200        nested depth 1000, status 200: [[[…]]]
 *   huge bytes 100000000, chunked false       truncate chunked false: half of it
 *   close where "before", reset where "body", hang where "before": a byte is sent, or in the middle of the "body"
 *   html status 502, body                     redirect status 307, location "/elsewhere"
 *   gzip                                      hold: until release; delay ms 100
 *   meanwhile commands: give these after looking and before answering, so that the next page is another time's
 *   {"do":"faults"}                           → [{kind, left, used}]
 *   {"do":"clear_faults", [seed]}             seed of chance
 */
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { control } from './wandb/control.mjs';
import { FILLER, Faults } from './wandb/faults.mjs';
import { Model, ModelError } from './wandb/model.mjs';
import { Pager } from './wandb/paging.mjs';
import { Api } from './wandb/schema.mjs';

const PIECE = 64 * 1024;
const HTML = { 'Content-Type': 'text/html' };
const NOT_FOUND = '<!DOCTYPE html>\n<html><body>no such page</body></html>\n';

function usage(message) {
  process.stderr.write(`wandb.mjs: ${message}\n`);
  process.exit(2);
}

function refusal(status, message, code) {
  return { status, body: { errors: [{ message, extensions: { code } }], data: null } };
}

class Server {
  constructor({ key, log }) {
    this.authorization = `Basic ${Buffer.from(`api:${key}`).toString('base64')}`;
    this.file = log;
    this.sockets = new WeakMap(); // socket → its number
    this.connections = 0;
    this.waiting = []; // for something to become true
    this.reset();
  }

  /* All as at the start, but for connections. */
  reset() {
    this.model = new Model();
    this.model.pager = new Pager(this.model);
    this.api = new Api(this.model);
    this.faults = new Faults();
    this.held ??= [];
    this.release();
    this.clearLog();
  }

  clearLog() {
    this.log = [];
    this.requests = 0;
    this.inFlight ??= 0;
    this.maxInFlight = this.inFlight;
  }

  counts() {
    const tally = (get) => {
      const counts = {};
      for (const key of this.log.flatMap(get)) counts[key] = (counts[key] ?? 0) + 1;
      return counts;
    };
    return {
      requests: this.requests,
      max_in_flight: this.maxInFlight,
      connections: new Set(this.log.map(({ connection }) => connection)).size,
      bytes: this.log.reduce((sum, { bytes }) => sum + bytes, 0),
      statuses: tally(({ status }) => status),
      operations: tally(({ operation }) => operation ?? ''),
      fields: tally(({ fields }) => fields),
      faults: tally(({ fault }) => fault ?? []),
    };
  }

  release() {
    const { held } = this;
    this.held = [];
    for (const go of held) go();
    return held.length;
  }

  /* Wait until that is so. */
  async until(test) {
    while (!test()) await new Promise((resolve) => this.waiting.push(resolve));
  }

  changed() {
    const { waiting } = this;
    this.waiting = [];
    for (const go of waiting) go();
  }

  /* ---- one request ---- */

  take(req, res) {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('error', () => {});
    res.on('error', () => {});
    req.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const done = req.url === '/control' ? this.command(res, text) : this.serve(req, res, text);
      done.catch((error) => {
        if (!req.socket.destroyed) process.stderr.write(`wandb.mjs: ${error.stack}\n`);
        req.socket.destroy();
      });
    });
  }

  async command(res, text) {
    let [status, body] = [200, null];
    try {
      body = await control({ server: this }, JSON.parse(text));
    } catch (error) {
      if (!(error instanceof ModelError || error instanceof SyntaxError)) process.stderr.write(`${error.stack}\n`);
      [status, body] = [400, { error: error.message }];
    }
    res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body) + '\n');
  }

  async serve(req, res, text) {
    const authorized = req.headers.authorization === this.authorization;
    const request = { n: ++this.requests, text, fields: [], operation: null, variables: null };
    const answer = this.decide(req, request, authorized);
    const bytes = this.encode(answer, /\bgzip\b/.test(req.headers['accept-encoding'] ?? ''));
    let isOpen = true;
    const settle = () => {
      if (isOpen) this.inFlight--;
      isOpen = false;
    };
    this.maxInFlight = Math.max(this.maxInFlight, ++this.inFlight);
    res.on('close', settle);
    this.record(req, request, authorized, answer, bytes.length + (answer.filler ?? 0));
    if (answer.delay) await new Promise((resolve) => setTimeout(resolve, answer.delay));
    if (answer.isHeld) await new Promise((resolve) => {
      this.held.push(resolve);
      this.changed();
    });
    if (answer.commands) await control({ server: this }, answer.commands);
    this.changed();
    await send(res, answer, bytes, settle);
  }

  decide(req, request, authorized) {
    if (req.url !== '/graphql') return { status: 404, headers: HTML, body: Buffer.from(NOT_FOUND) };
    if (req.method !== 'POST') return refusal(405, 'POST it', 'BAD_REQUEST');
    let asked = null;
    try {
      asked = JSON.parse(request.text);
      request.variables = asked.variables ?? null;
      request.fields = this.api.prepare(asked.query).fields;
      request.operation = /^\s*(?:query|mutation)\s+(\w+)/.exec(asked.query)?.[1] ?? null;
    } catch {
      // told of below
    }
    const rules = this.faults.matching(request);
    const isSkipped = rules.some(({ executed }) => !executed);
    return this.faults.apply(rules, isSkipped ? refusal(500, 'not executed') : this.execute(req, asked, authorized));
  }

  execute(req, asked, authorized) {
    if (!authorized) return refusal(401, 'user is not logged in', 'UNAUTHENTICATED');
    if (!/^application\/json\b/.test(req.headers['content-type'] ?? ''))
      return refusal(400, 'Content-Type: application/json is taken', 'BAD_REQUEST');
    const isStrange = (name) => !['query', 'variables', 'operationName'].includes(name);
    if (typeof asked?.query !== 'string' || Object.keys(asked).some(isStrange))
      return refusal(400, 'the body is not {"query","variables"}', 'BAD_REQUEST');
    return this.api.answer(asked);
  }

  encode(answer, gzip) {
    if (!Buffer.isBuffer(answer.body)) answer.body = Buffer.from(JSON.stringify(answer.body));
    answer.headers = { 'Content-Type': 'application/json', ...this.model.settings.headers, ...answer.headers };
    if (this.model.settings.date) answer.headers.Date = new Date(this.model.clock * 1000).toUTCString();
    if (!gzip || !this.model.settings.gzip || answer.fault) return answer.body;
    answer.headers['Content-Encoding'] = 'gzip';
    return gzipSync(answer.body);
  }

  record(req, { n, fields, operation, variables, text }, authorized, { status, fault }, bytes) {
    const { authorization, ...headers } = req.headers;
    if (!this.sockets.has(req.socket)) this.sockets.set(req.socket, ++this.connections);
    const entry = { n, connection: this.sockets.get(req.socket), in_flight: this.inFlight, method: req.method };
    Object.assign(entry, { path: req.url, has_authorization: authorization !== undefined, authorized, headers });
    Object.assign(entry, { operation, fields, variables, size: text.length, status, fault, bytes });
    this.log.push(entry);
    if (this.file) fs.writeSync(this.file, JSON.stringify(entry) + '\n');
  }
}

/* ---- the bytes of an answer ---- */

const written = (res, bytes) => new Promise((resolve, reject) =>
  res.write(bytes, (error) => (error ? reject(error) : resolve())));

function breakOff(res, how) {
  if (how === 'reset') res.socket.resetAndDestroy();
  else if (how === 'close') res.socket.end();
}

async function send(res, answer, bytes, settle) {
  if (res.socket === null || res.socket.destroyed) return;
  if (answer.break && answer.where === 'before') return breakOff(res, answer.break);
  const length = bytes.length + (answer.filler === undefined ? 0 : answer.filler - FILLER.length);
  res.sendDate = false;
  res.writeHead(answer.status, answer.isChunked ? answer.headers : { ...answer.headers, 'Content-Length': length });
  if (answer.break) {
    await written(res, bytes.subarray(0, bytes.length >> 1));
    return breakOff(res, answer.break);
  }
  if (answer.filler !== undefined) return sendFilled(res, bytes, answer.filler);
  settle(); // before the last byte: the client's next request must not come first
  res.end(bytes);
}

async function sendFilled(res, bytes, filler) {
  const at = bytes.indexOf(FILLER);
  await written(res, bytes.subarray(0, at));
  for (let left = filler; left > 0; left -= PIECE) {
    if (res.socket === null || res.socket.destroyed) return;
    await written(res, Buffer.alloc(Math.min(left, PIECE), 'x'));
  }
  res.end(bytes.subarray(at + FILLER.length));
}

function loadOptions() {
  try {
    const { values } = parseArgs({
      options: { 'key-env': { type: 'string' }, 'log': { type: 'string' }, 'tls': { type: 'string' } },
    });
    const [cert, key] = values.tls?.split(',').map((file) => fs.readFileSync(file)) ?? [];
    return {
      key: process.env[values['key-env'] ?? ''] || usage('--key-env NAME, a variable that is set'),
      log: values.log && fs.openSync(values.log, 'a'),
      tls: cert && { cert, key },
    };
  } catch (error) {
    return usage(error.message);
  }
}

const options = loadOptions();
const server = new Server(options);
const take = (req, res) => server.take(req, res);
const patience = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }; // without an end
const { createServer } = options.tls ? https : http;
const listener = createServer({ ...patience, ...options.tls }, take);
listener.on('clientError', (error, socket) => socket.destroy());
process.on('SIGTERM', () => process.exit(0));
listener.listen(0, '127.0.0.1', 4096, () => fs.writeSync(1, `ready ${listener.address().port}\n`));
