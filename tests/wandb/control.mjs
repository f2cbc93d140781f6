/*
 * control - the commands that tests give to the stand-in W&B server
 *
 * wandb.mjs lists them at its top. A mistyped command would make a test pass for the wrong reason, so each is checked.
 */
import { ModelError, REGISTRY_PREFIX, SETTINGS, fail, formatTime, idOf, parseTime } from './model.mjs';

const ANY = ['at', 'after']; // what every command takes: the time, or seconds to go on before

function describe(member) {
  return {
    artifact: idOf('Artifact', member.artifact.n),
    membership: idOf('ArtifactCollectionMembership', member.n),
    collection_id: idOf('ArtifactCollection', member.collection.n),
    version: member.versionIndex,
    version_string: `${member.collection.path}:v${member.versionIndex}`,
  };
}

function describeCollection(collection) {
  return { collection_id: idOf('ArtifactCollection', collection.n), collection: collection.path };
}

function describeIntegration({ n }) {
  return { id: idOf('Integration', n) };
}

function bulk(model, { project, prefix = 'model-', collections, versions, ...rest }) {
  for (let i = 1; i <= collections; i++) {
    const collection = `${project}/${prefix}${String(i).padStart(4, '0')}`;
    model.collection(collection);
    for (let k = 0; k < versions; k++) model.link({ collection, ...rest });
  }
  return { collections, versions: collections * versions };
}

function set({ model, api }, { ...changed }) {
  for (const [name, value] of Object.entries(changed)) {
    if (!Object.hasOwn(SETTINGS, name)) fail(`settings: unknown '${name}'`);
    if (name.endsWith('_every') && value === 1) fail(`settings: ${name}: 1 would never come to an end`);
    model.settings[name] = value;
  }
  model.pager.served = 0;
  api.configure();
  return model.settings;
}

/* The part of the list of changes that was asked for, without what comes with a link by itself unless wanted. */
function changes(model, { since = 0, implied = false, types }) {
  return model.changes.slice(since)
    .filter((change) => (implied || !change.implied) && (!types || types.includes(change.type)));
}

const VERSION = ['type', 'metadata', 'tags', 'created_by', 'sequence', 'description'];
const USER = 'linker';

/* name: [members that must be there, others that may, function] */
const COMMANDS = {
  organization: [['name', 'entity'], [], ({ model }, { name, entity }) =>
    ({ id: idOf('Organization', model.organization(name, entity).n) })],
  registry: [['organization', 'name'], [], ({ model }, { organization, name }) => {
    const { entity } = model.organizations.get(organization) ?? fail(`no organization ${organization}`);
    return { project: model.project(`${entity.name}/${REGISTRY_PREFIX}${name}`).path };
  }],
  project: [['project'], [], ({ model }, { project }) => ({ id: idOf('Project', model.project(project).n) })],
  redirect: [['project', 'to'], [], ({ model }, { project, to }) =>
    void model.redirects.set(project, model.project(to))],
  collection: [['collection'], [], ({ model }, { collection }) => describeCollection(model.collection(collection))],
  rename: [['collection', 'name'], [], ({ model }, { collection, name }) =>
    model.rename(model.existing(collection), name)],
  delete_collection: [['collection'], [], ({ model }, { collection }) =>
    model.deleteCollection(model.existing(collection))],
  tag_collection: [['collection', 'tag'], [], ({ model }, { collection, tag }) =>
    model.tagCollection(model.existing(collection), tag)],
  untag_collection: [['collection', 'tag'], [], ({ model }, { collection, tag }) =>
    model.untagCollection(model.existing(collection), tag)],

  artifact: [[], VERSION, ({ model }, options) => ({ artifact: idOf('Artifact', model.artifact(options).n) })],
  link: [['collection'], ['artifact', 'user', 'aliases', ...VERSION], ({ model }, options) =>
    describe(model.link(options))],
  unlink: [['version'], ['user'], ({ model }, { version, user = USER }) =>
    model.unlink(model.member(version), model.user(user))],
  alias: [['version', 'alias'], ['user'], ({ model }, { version, alias, user = USER }) =>
    model.setAlias(model.member(version), alias, model.user(user))],
  unalias: [['version', 'alias'], ['user'], ({ model }, { version, alias, user = USER }) =>
    model.dropAlias(model.member(version), alias, model.user(user))],
  tag: [['version', 'tag'], [], ({ model }, { version, tag }) => model.tag(model.member(version).artifact, tag)],
  untag: [['version', 'tag'], [], ({ model }, { version, tag }) => model.untag(model.member(version).artifact, tag)],
  metadata: [['version', 'metadata'], [], ({ model }, { version, metadata }) =>
    model.setMetadata(model.member(version), metadata)],
  delete_artifact: [['version'], [], ({ model }, { version }) => model.deleteArtifact(model.member(version).artifact)],
  bulk: [['project', 'collections', 'versions'], ['prefix', 'user', 'aliases', ...VERSION], ({ model }, options) =>
    bulk(model, options)],

  webhook: [['entity', 'name', 'url'], ['access_token', 'secret'], ({ model }, { entity, access_token, secret, ...rest }) =>
    describeIntegration(model.integration('GenericWebhookIntegration', entity,
      { access_token: access_token ?? null, secret: secret ?? null, ...rest }))],
  slack: [['entity', 'team', 'channel'], [], ({ model }, { entity, ...rest }) =>
    describeIntegration(model.integration('SlackIntegration', entity, rest))],
  automation: [['name', 'scope', 'event', 'filter', 'action'], ['description', 'enabled', 'condition'],
    ({ model }, options) => ({ id: idOf('Trigger', model.automation(options).n) })],
  delete_automation: [['id'], [], ({ model }, { id }) => {
    model.triggers = model.triggers.filter(({ n }) => idOf('Trigger', n) !== id);
  }],

  queue: [['queue'], ['priorities'], ({ model }, { queue, ...rest }) =>
    ({ id: idOf('RunQueue', model.queue(queue, rest).n) })],
  agent: [['queue'], ['keep'], ({ model }, { queue, ...rest }) => model.agent(queue, rest)],
  pushes: [[], [], ({ model }) => [...model.queuesById.values()].flatMap((queue) => [...queue.items, ...queue.taken].map((item) =>
    ({ queue: queue.name, entity: queue.entity, ...item, n: undefined, id: idOf('RunQueueItem', item.n) })))],

  clock: [[], [], ({ model }) => ({ time: formatTime(model.clock) })],
  changes: [[], ['since', 'implied', 'types'], ({ model }, options) => changes(model, options)],
  settings: [[], Object.keys(SETTINGS), set],

  fault: [['kind'], null, ({ faults }, rule) => faults.add(rule)],
  faults: [[], [], ({ faults }) => faults.rules.map(({ kind, left, used }) =>
    ({ kind, left: left === Infinity ? 'always' : left, used }))],
  clear_faults: [[], ['seed'], ({ faults }, { seed = 1 }) => {
    faults.rules = [];
    faults.seed(seed);
  }],
  release: [[], [], ({ server }) => ({ released: server.release() })],
  await: [[], ['requests', 'held'], ({ server }, { requests = 0, held = 0 }) =>
    server.until(() => server.requests >= requests && server.held.length >= held)],

  log: [[], [], ({ server }) => server.log],
  counts: [[], [], ({ server }) => server.counts()],
  clear_log: [[], [], ({ server }) => server.clearLog()],
  try: [['commands'], [], ({ server }, { commands }) => attempt(server, commands)],
  reset: [[], [], ({ server }) => server.reset()],
};

/* Random commands: of those that cannot be done, the errors are the results. */
async function attempt(server, commands) {
  const results = [];
  for (const command of commands) {
    try {
      results.push(await run({ server }, command));
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      results.push({ error: error.message });
    }
  }
  return results;
}

/* One command, or a list of commands, of which the results make a list. */
export async function control(context, commands) {
  if (!Array.isArray(commands)) return run(context, commands);
  const results = [];
  for (const command of commands) results.push(await run(context, command));
  return results;
}

async function run(context, { do: name, at, after, ...args }) {
  const [required, optional, act] = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name]
    : fail(`unknown command ${JSON.stringify(name)}`);
  for (const member of required)
    if (args[member] === undefined) fail(`${name}: '${member}' is missing`);
  for (const member of Object.keys(args))
    if (optional && ![...required, ...optional, ...ANY].includes(member)) fail(`${name}: unknown '${member}'`);
  const { model } = context.server;
  if (at !== undefined) model.clock = parseTime(at);
  if (after !== undefined) model.clock += after;
  const { api, faults } = context.server;
  try {
    return (await act({ server: context.server, model, api, faults }, args)) ?? null;
  } finally {
    model.memo.clear();
  }
}
