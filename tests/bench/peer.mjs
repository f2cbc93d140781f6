#!/usr/bin/env node
/*
 * peer - what a Node.js programmer would write in place of the pipeline: for every event in FILE that sets the alias
 * production, POST the payload of man/examples/github.json to URL, signed, over 64 connections
 *
 * usage: peer.mjs URL NOTE FILE
 *
 * NOTE is one more member of client_payload. Environment: GITHUB_TOKEN, WEBHOOK_SECRET. Prints how many deliveries had
 * which status. Exit status: 1 if any had none from 200 to 299.
 */
import { createHmac } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Pool } from 'undici';

const CONNECTIONS = 64;
const [url, note, file] = process.argv.slice(2);
const { origin, pathname } = new URL(url);
const { GITHUB_TOKEN, WEBHOOK_SECRET } = process.env;
const pool = new Pool(origin, { connections: CONNECTIONS });
const counts = {};

const payload = (event) => ({
  event_type: 'BUILD_AND_DEPLOY',
  client_payload: {
    event_author: event.event_author,
    artifact_version: event.artifact_version,
    artifact_version_string: event.artifact_version_string,
    artifact_collection_name: event.artifact_collection_name,
    project_name: event.project_name,
    entity_name: event.entity_name,
    note,
  },
});

const matches = (event) =>
  event.event_type === 'ADD_ARTIFACT_ALIAS' &&
  event.entity_name === 'acme' &&
  event.project_name === 'model-registry' &&
  event.alias === 'production';

async function deliver(event) {
  const body = JSON.stringify(payload(event));
  let status;
  try {
    const response = await pool.request({
      path: pathname,
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/vnd.github+json',
        'X-Wandb-Signature': createHmac('sha256', WEBHOOK_SECRET).update(body).digest('base64'),
        Authorization: `Bearer ${GITHUB_TOKEN}`,
      },
      body,
    });
    status = response.statusCode;
    await response.body.dump();
  } catch (error) {
    status = error.code ?? error.message;
  }
  counts[status] = (counts[status] ?? 0) + 1;
}

// No more lines are read than there are connections to send on.
const lines = createInterface({ input: createReadStream(file), crlfDelay: Infinity })[Symbol.asyncIterator]();
async function work() {
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const event = JSON.parse(line.value);
    if (matches(event)) await deliver(event);
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, work));
await pool.close();
console.log(JSON.stringify(counts));
process.exitCode = Object.keys(counts).every((status) => status >= 200 && status <= 299) ? 0 : 1;
