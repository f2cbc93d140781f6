/*
 * model - what the stand-in W&B server holds: organizations, registries, collections, versions, histories, queues
 *
 * Nothing here knows GraphQL or HTTP. Time is a clock that only tests move. Every change is also written to `changes`,
 * the true list that a watcher is compared with.
 */

const SOURCE = 'lab/training'; // where versions are logged to, unless a test says otherwise
const SOURCE_INDEX = 100; // a source's versions count from here, so that nobody takes its numbers for a collection's
const LOGGED_BEFORE = 90000; // seconds from when a version was logged to when it was linked
export const REGISTRY_PREFIX = 'wandb-registry-';

/* What the API leaves open, or what differs from server to server; each can be set by a test. */
export const SETTINGS = {
  page_limit: 1000,
  page_default: 50,
  short_every: 0,
  empty_every: 0,
  trailing_page: false,
  cursors: 'keyset',
  default_order: '-id',
  ties: '+id',
  extra_orders: [],
  filter_keys: {},
  ignored_filters: [],
  ignored_orders: [],
  times: 'Z',
  history_limit: null,
  history_delay: 0,
  move_actions: 1,
  latest_in_history: false,
  versions_in_history: false,
  unlink_in_alias_history: false,
  unlink_moves_latest: false,
  unlink_artifact: 'kept',
  action_types: { link: 'LINK', unlink: 'UNLINK', add: 'ADD', remove: 'REMOVE', move: 'MOVE' },
  touch: ['link', 'unlink'],
  hidden: [],
  without: [],
  denied: [],
  introspection: false,
  headers: {},
  date: true,
  gzip: false,
};

export class ModelError extends Error {}

export function idOf(type, n) {
  return Buffer.from(`${type}:${n}`).toString('base64');
}

export function parseTime(text) {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  const ms = match ? Date.parse(match[1] + (match[2] ?? 'Z')) : NaN;
  if (Number.isNaN(ms)) throw new ModelError(`not a time: ${JSON.stringify(text)}`);
  return ms / 1000;
}

export function formatTime(sec) {
  return new Date(sec * 1000).toISOString().replace('.000', '');
}

export class Model {
  constructor() {
    this.settings = structuredClone(SETTINGS);
    this.clock = parseTime('2026-03-24T01:00:00Z');
    this.numbers = {};
    this.organizations = new Map(); // name → organization
    this.entities = new Map(); // name → entity
    this.projects = new Map(); // "entity/project" → project
    this.redirects = new Map(); // "entity/project" → project that it became
    this.collections = new Map(); // "entity/project/name" → collection
    this.collectionsById = new Map();
    this.artifactsById = new Map();
    this.queuesById = new Map();
    this.integrations = [];
    this.triggers = []; // saved automations
    this.users = new Map(); // username → user
    this.changes = [];
    this.memo = new Map(); // of lists in order; whoever changes something clears it
  }

  number(type) {
    this.numbers[type] ??= 1000;
    return ++this.numbers[type];
  }

  /* ---- who, and where ---- */

  user(username) {
    if (username === null || username === undefined) return null;
    if (!this.users.has(username)) this.users.set(username, { n: this.number('User'), username });
    return this.users.get(username);
  }

  entity(name, organization = null) {
    if (!this.entities.has(name))
      this.entities.set(name, { n: this.number('Entity'), name, organization, createdAt: this.clock });
    return this.entities.get(name);
  }

  organization(name, entityName) {
    if (this.organizations.has(name)) throw new ModelError(`organization ${name} is there already`);
    if (this.entities.has(entityName)) throw new ModelError(`entity ${entityName} is there already`);
    const organization = { n: this.number('Organization'), name };
    organization.entity = this.entity(entityName, organization);
    this.organizations.set(name, organization);
    return organization;
  }

  project(path) {
    const [entityName, name, ...rest] = path.split('/');
    if (!name || rest.length > 0) throw new ModelError(`not ENTITY/PROJECT: ${path}`);
    if (!this.projects.has(path)) {
      const entity = this.entity(entityName);
      const [createdAt, n] = [this.clock, this.number('Project')];
      this.projects.set(path, { n, path, name, entity, createdAt, updatedAt: createdAt, queues: [], runs: new Map() });
    }
    return this.projects.get(path);
  }

  /* Find it, or make it. */
  collection(path, type = 'ArtifactPortfolio') {
    const there = this.collections.get(path);
    if (there) return there;
    const [entity, projectName, name, ...rest] = path.split('/');
    if (!name || rest.length > 0) throw new ModelError(`not ENTITY/PROJECT/COLLECTION: ${path}`);
    const collection = {
      n: this.number('ArtifactCollection'),
      type,
      path,
      name,
      project: this.project(`${entity}/${projectName}`),
      description: null,
      createdAt: this.clock,
      updatedAt: this.clock,
      nextIndex: type === 'ArtifactSequence' ? SOURCE_INDEX : 0,
      members: [],
      aliases: new Map(), // alias → member that has it
      tags: [],
      actions: [],
      aliasActions: [],
    };
    this.collections.set(path, collection);
    this.collectionsById.set(collection.n, collection);
    return collection;
  }

  existing(path) {
    return this.collections.get(path) ?? fail(`no collection ${path}`);
  }

  /* "entity/project/collection:alias" or ":v3" */
  member(version) {
    const [path, alias] = version.split(':');
    return this.existing(path).aliases.get(alias) ?? fail(`no version ${version}`);
  }

  /* ---- versions ---- */

  /* created_by: {"run": NAME, "user": USER}, {"user": USER} or null */
  artifact({ sequence = `${SOURCE}/models`, type = 'model', metadata = null, tags = [], created_by, description = null }) {
    const source = this.collection(sequence, 'ArtifactSequence');
    const n = this.number('Artifact');
    const createdAt = this.clock - LOGGED_BEFORE;
    const by = created_by === undefined ? { run: `run${n}`, user: 'trainer' } : created_by;
    const artifact = { n, source, type, metadata, description, createdAt, updatedAt: createdAt, members: [] };
    artifact.tags = tags.map((name) => ({ n: this.number('Tag'), name }));
    artifact.digest = (n * 2654435761 % 2 ** 32).toString(16).padStart(8, '0').repeat(4);
    artifact.user = this.user(by?.user);
    artifact.run = by?.run ? { n: this.number('Run'), name: by.run, user: artifact.user, createdAt } : null;
    artifact.sourceIndex = source.nextIndex;
    this.artifactsById.set(n, artifact);
    this.join(source, artifact, createdAt, null);
    return artifact;
  }

  /* Make it a member of a collection, with the aliases that each new member gets. */
  join(collection, artifact, createdAt, user) {
    const member = { n: this.number('ArtifactCollectionMembership'), collection, artifact, createdAt };
    member.versionIndex = collection.nextIndex++;
    member.aliases = new Map(); // alias → its number
    collection.members.push(member);
    artifact.members.push(member);
    this.record('LINK_ARTIFACT', member, user);
    this.setAlias(member, `v${member.versionIndex}`, user, true);
    this.setAlias(member, 'latest', user, true);
    return member;
  }

  link({ collection: path, artifact: id, user: username = 'linker', aliases = [], ...rest }) {
    const collection = this.collection(path);
    const artifact = id === undefined ? this.artifact(rest) : this.artifactById(id) ?? fail(`no artifact ${id}`);
    const user = this.user(username);
    let member = collection.members.find((other) => other.artifact === artifact);
    if (!member) {
      this.act(collection, 'link', artifact, user);
      member = this.join(collection, artifact, this.clock, user);
      this.touch(collection, 'link');
    }
    for (const alias of aliases) this.setAlias(member, alias, user);
    return member;
  }

  unlink(member, user) {
    const { collection, artifact } = member;
    this.leave(member);
    this.act(collection, 'unlink', artifact, user);
    this.record('UNLINK_ARTIFACT', member, user);
    for (const alias of [...member.aliases.keys()]) this.dropAlias(member, alias, user, true);
    if (this.settings.unlink_moves_latest && !collection.aliases.has('latest') && collection.members.length > 0)
      this.setAlias(collection.members.at(-1), 'latest', user, true);
    this.touch(collection, 'unlink');
  }

  leave(member) {
    const { collection, artifact } = member;
    collection.members = collection.members.filter((other) => other !== member);
    artifact.members = artifact.members.filter((other) => other !== member);
  }

  /* Gone altogether: no history says it, and those that spoke of it now say null. */
  deleteArtifact(artifact) {
    for (const member of artifact.members) {
      this.leave(member);
      this.record('DELETE_ARTIFACT', member, null);
      for (const alias of member.aliases.keys()) member.collection.aliases.delete(alias);
    }
    artifact.isDeleted = true;
    this.artifactsById.delete(artifact.n);
  }

  deleteCollection(collection) {
    for (const member of collection.members) this.leave(member);
    this.collections.delete(collection.path);
    this.collectionsById.delete(collection.n);
    this.record('DELETE_COLLECTION', { collection }, null);
  }

  rename(collection, name) {
    const path = `${collection.project.path}/${name}`;
    if (this.collections.has(path)) fail(`${path} is there already`);
    this.collections.delete(collection.path);
    Object.assign(collection, { path, name });
    this.collections.set(path, collection);
  }

  setMetadata(member, metadata) {
    member.artifact.metadata = metadata;
    member.artifact.updatedAt = this.clock;
    this.record('UPDATE_METADATA', member, null);
    this.touch(member.collection, 'metadata');
  }

  /* ---- aliases and tags ---- */

  /* An alias is on one version of a collection; set on another one, it moves. */
  setAlias(member, alias, user, implied = false) {
    const { collection, artifact } = member;
    const previous = collection.aliases.get(alias);
    if (previous === member) return;
    previous?.aliases.delete(alias);
    collection.aliases.set(alias, member);
    member.aliases.set(alias, this.number('ArtifactAlias'));
    if (previous && this.settings.move_actions === 2) {
      this.actAlias(collection, 'remove', alias, previous.artifact, null, user, implied);
      this.actAlias(collection, 'add', alias, null, artifact, user, implied);
    } else {
      const action = previous ? 'move' : 'add';
      this.actAlias(collection, action, alias, previous?.artifact ?? null, artifact, user, implied);
    }
    this.record('ADD_ARTIFACT_ALIAS', member, user, { alias, previous: previous?.versionIndex ?? null }, implied);
    if (!implied) this.touch(collection, 'alias');
  }

  dropAlias(member, alias, user, implied = false) {
    const { collection, artifact } = member;
    if (!member.aliases.delete(alias)) fail(`no alias ${alias} there`);
    collection.aliases.delete(alias);
    if (!implied || this.settings.unlink_in_alias_history)
      this.actAlias(collection, 'remove', alias, artifact, null, user, implied);
    this.record('REMOVE_ARTIFACT_ALIAS', member, user, { alias }, implied);
    if (!implied) this.touch(collection, 'alias');
  }

  /* A version's tags are the artifact's, so they are seen in each of its collections. */
  tag(artifact, name) {
    if (artifact.tags.some((tag) => tag.name === name)) return;
    artifact.tags.push({ n: this.number('Tag'), name });
    this.tagged(artifact, 'ADD_ARTIFACT_TAG', name);
  }

  untag(artifact, name) {
    const rest = artifact.tags.filter((tag) => tag.name !== name);
    if (rest.length === artifact.tags.length) fail(`no tag ${name} there`);
    artifact.tags = rest;
    this.tagged(artifact, 'REMOVE_ARTIFACT_TAG', name);
  }

  tagged(artifact, type, tag) {
    artifact.updatedAt = this.clock;
    for (const member of artifact.members) {
      this.record(type, member, null, { tag });
      this.touch(member.collection, 'tag');
    }
  }

  tagCollection(collection, name) {
    if (collection.tags.some((tag) => tag.name === name)) return;
    collection.tags.push({ n: this.number('Tag'), name });
    this.record('ADD_COLLECTION_TAG', { collection }, null, { tag: name });
    this.touch(collection, 'collection_tag');
  }

  untagCollection(collection, name) {
    const rest = collection.tags.filter((tag) => tag.name !== name);
    if (rest.length === collection.tags.length) fail(`no tag ${name} there`);
    collection.tags = rest;
    this.record('REMOVE_COLLECTION_TAG', { collection }, null, { tag: name });
    this.touch(collection, 'collection_tag');
  }

  /* ---- histories ---- */

  act(collection, type, artifact, user) {
    const n = this.number('ArtifactCollectionAction');
    const isNull = type === 'unlink' && this.settings.unlink_artifact === 'null';
    const shown = isNull ? null : artifact;
    const actionType = this.settings.action_types[type];
    collection.actions.push({ n, actionType, collection, artifact: shown, user, createdAt: this.clock });
  }

  actAlias(collection, type, alias, source, target, user, implied) {
    if (implied && alias === 'latest' && !this.settings.latest_in_history) return;
    if (implied && /^v\d+$/.test(alias) && !this.settings.versions_in_history) return;
    const n = this.number('ArtifactAliasAction');
    const actionType = this.settings.action_types[type];
    collection.aliasActions.push({ n, actionType, alias, collection, source, target, user, createdAt: this.clock });
  }

  history(actions) {
    const { history_limit, history_delay } = this.settings;
    const kept = history_limit === null ? actions : actions.slice(Math.max(0, actions.length - history_limit));
    return kept.filter(({ createdAt }) => createdAt <= this.clock - history_delay);
  }

  touch(collection, how) {
    if (this.settings.touch.includes(how)) collection.updatedAt = this.clock;
  }

  record(type, { collection, versionIndex, artifact }, user, more = {}, implied = false) {
    if (collection.type === 'ArtifactSequence') return;
    const change = { n: this.changes.length + 1, time: formatTime(this.clock), type, collection: collection.path };
    if (artifact) Object.assign(change, { version: versionIndex, artifact: idOf('Artifact', artifact.n) });
    Object.assign(change, more, { user: user?.username ?? null });
    if (artifact) change.metadata = artifact.metadata;
    if (implied) change.implied = true;
    this.changes.push(change);
  }

  /* ---- by id ---- */

  artifactById(id) {
    return byId(this.artifactsById, 'Artifact', id);
  }

  collectionById(id) {
    return byId(this.collectionsById, 'ArtifactCollection', id);
  }

  /* ---- automations ---- */

  integration(type, entityName, rest) {
    const integration = { n: this.number('Integration'), type, entity: this.entity(entityName), ...rest };
    integration.createdAt = this.clock;
    this.integrations.push(integration);
    return integration;
  }

  /* {"collection": PATH}, {"project": PATH}, {"entity": NAME} or {"future": ENTITY} */
  scope(scope) {
    const [[kind, name]] = Object.entries(scope);
    if (kind === 'collection') {
      const of = this.existing(name);
      return { kind, of, project: of.project, entity: of.project.entity };
    }
    if (kind === 'project') {
      const of = this.project(name);
      return { kind, of, project: of, entity: of.entity };
    }
    const entity = this.entity(name);
    return { kind, of: entity, project: null, entity };
  }

  /* The action with what it refers to in place of the ids. */
  action({ type, integration: integrationId, queue: queueId, ...rest }) {
    const integration = this.integrations.find(({ n }) => idOf('Integration', n) === integrationId);
    if (integrationId !== undefined && !integration) fail(`no integration ${integrationId}`);
    const queue = queueId == null ? null : byId(this.queuesById, 'RunQueue', queueId) ?? fail(`no queue ${queueId}`);
    return { type, integration, queue, title: null, message: null, severity: null, payload: null, ...rest };
  }

  automation({ name, scope, event, filter, action, description = null, enabled = true, condition }) {
    const { kind, of, project, entity } = this.scope(scope);
    const trigger = { n: this.number('Trigger'), name, description, enabled, event, filter, createdAt: this.clock };
    Object.assign(trigger, { scope: { kind, of }, project, entity, action: this.action(action) });
    trigger.isFuture = condition === 'future';
    this.triggers.push(trigger);
    return trigger;
  }

  /* ---- Launch ---- */

  queue(path, { priorities = false }) {
    const [entity, project, name] = path.split('/');
    const queue = { n: this.number('RunQueue'), name, entity, priorities, items: [], taken: [], createdAt: this.clock };
    this.project(`${entity}/${project}`).queues.push(queue);
    this.queuesById.set(queue.n, queue);
    return queue;
  }

  push(queue, { runSpec, priority = null, templateVariableValues = null }) {
    const n = this.number('RunQueueItem');
    const item = { n, runSpec, templateVariableValues, priority: priority ?? 2, state: 'PENDING' };
    item.createdAt = this.clock;
    queue.items.unshift(item);
    return item;
  }

  /* What an agent does: it takes the oldest item that nobody has, and starts its run. */
  agent(path, { keep = false }) {
    const queue = [...this.queuesById.values()].find(({ entity, name }) => path === `${entity}/model-registry/${name}`);
    const item = queue?.items.findLast(({ state }) => state === 'PENDING');
    if (!item) throw new ModelError(`nothing is pending in ${path}`);
    const { entity, project, run_id: name } = JSON.parse(item.runSpec);
    item.state = 'CLAIMED';
    const run = { n: this.number('Run'), name, createdAt: this.clock, user: null };
    this.project(`${entity}/${project}`).runs.set(name, run);
    if (!keep) queue.taken.push(...queue.items.splice(queue.items.indexOf(item), 1));
    return { run: name };
  }
}

function byId(map, type, id) {
  const match = /^([A-Za-z]+):(\d+)$/.exec(Buffer.from(id, 'base64').toString());
  return (match?.[1] === type && map.get(Number(match[2]))) || null;
}

export function fail(message) {
  throw new ModelError(message);
}
