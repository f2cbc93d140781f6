/*
 * views - the model as GraphQL sees it: a class for each type, a member for each field
 *
 * graphql-js takes a field from the member of its name and calls those that are functions with the field's arguments.
 */
import { GraphQLError } from 'graphql';
import { idOf } from './model.mjs';
import { badRequest, compileFilters } from './paging.mjs';
import { Integration, Trigger } from './triggers.mjs';
import { PLAIN, View, orNull, page } from './view.mjs';

/* What can be looked up by key in a version's metadata. */
function metadataAt({ artifact }, keys = []) {
  let value = artifact.metadata;
  try {
    value = JSON.parse(value);
  } catch {
    return null;
  }
  for (const key of keys) value = value?.[key];
  return value;
}

/* ---- the lists ---- */

const PROJECTS = {
  name: 'projects',
  times: ['created_at', 'updated_at'],
  keys: {
    name: (project) => project.name,
    description: () => null,
    created_at: (project) => project.createdAt,
    updated_at: (project) => project.updatedAt,
  },
};
const COLLECTIONS = {
  name: 'artifactCollections',
  defaultOrder: '-id',
  times: ['created_at', 'updated_at'],
  keys: {
    name: (collection) => collection.name,
    tag: (collection) => collection.tags.map((tag) => tag.name),
    description: (collection) => collection.description,
    created_at: (collection) => collection.createdAt,
    updated_at: (collection) => collection.updatedAt,
  },
};
const VERSIONS = {
  name: 'artifactMemberships',
  times: ['created_at', 'updated_at'], // the artifact's, not the link's
  keys: {
    tag: ({ artifact }) => artifact.tags.map((tag) => tag.name),
    alias: (member) => [...member.aliases.keys()],
    created_at: ({ artifact }) => artifact.createdAt,
    updated_at: ({ artifact }) => artifact.updatedAt,
    metadata: metadataAt,
  },
};
const ACTIONS = {
  name: 'artifactCollectionActions',
  times: ['created_at'],
  keys: { created_at: (action) => action.createdAt },
};
const ALIAS_ACTIONS = { ...ACTIONS, name: 'aliasActionHistory' };

export function isHidden(collection, model) {
  const { hidden } = model.settings;
  return hidden.some((path) => collection.path === path || collection.project.path === path);
}

function isOfType(collection, types) {
  const type = collection.type === 'ArtifactPortfolio' ? 'PORTFOLIO' : 'SEQUENCE';
  return types === null || types === undefined || types.includes(type);
}

function collectionsPage(model, isIn, args, owner) {
  const { collectionTypes, projectFilters } = args;
  const ofProjects = compileFilters(projectFilters, PROJECTS);
  const items = () => [...model.collections.values()].filter((collection) => isIn(collection) &&
    isOfType(collection, collectionTypes) && (!ofProjects || ofProjects(collection.project)));
  return page(model, items, args, {
    ...COLLECTIONS,
    owner,
    more: [collectionTypes, projectFilters],
    isHidden: (collection) => isHidden(collection, model),
    view: (collection) => new Collection(collection, model),
  });
}

/* ---- who, and where ---- */

class User extends View {
  get name() { return this.of.username; }
  get username() { return this.of.username; }
  get email() { return `${this.of.username}@example.com`; }
}

class Run extends View {
  get displayName() { return this.of.name; }
  get user() { return orNull(User, this.of.user, this.model); }
  get project() { return null; }
}

class Organization extends View {
  get orgEntity() { return new Entity(this.of.entity, this.model); }
}

export class Entity extends View {
  get organization() { return orNull(Organization, this.of.organization, this.model); }
  get isTeam() { return true; }
  get entityType() { return this.of.organization ? 'organization' : 'team'; }
  get path() { return this.of.name; }

  project({ name }) {
    return findProject(this.model, `${this.of.name}/${name}`);
  }

  projects(args) {
    const items = () => [...this.model.projects.values()].filter((project) => project.entity === this.of);
    const view = (project) => new Project(project, this.model);
    const isOut = (project) => this.model.settings.hidden.includes(project.path);
    return page(this.model, items, args, { ...PROJECTS, owner: this.id, view, isHidden: isOut });
  }

  artifactCollections(args) {
    return collectionsPage(this.model, (collection) => collection.project.entity === this.of, args, this.id);
  }

  artifactMemberships(args) {
    const { model } = this;
    const { projectFilters, collectionFilters } = args;
    const ofProjects = compileFilters(projectFilters, PROJECTS);
    const ofCollections = compileFilters(collectionFilters, COLLECTIONS);
    const isIn = (collection) => collection.project.entity === this.of && isOfType(collection, ['PORTFOLIO']) &&
      (!ofProjects || ofProjects(collection.project)) && (!ofCollections || ofCollections(collection));
    const items = () => [...model.collections.values()].filter(isIn).flatMap((collection) => collection.members);
    return page(model, items, args, {
      ...VERSIONS,
      owner: this.id,
      more: [projectFilters, collectionFilters],
      isHidden: (member) => isHidden(member.collection, model),
      view: (member) => new ArtifactCollectionMembership(member, model),
    });
  }

  triggers(args) {
    const { model } = this;
    const items = () => model.triggers.filter((trigger) => trigger.entity === this.of);
    const view = (trigger) => new Trigger(trigger, model);
    const isOut = ({ project }) => project !== null && model.settings.hidden.includes(project.path);
    return page(model, items, args, { ...PLAIN, name: 'triggers', owner: this.id, view, isHidden: isOut });
  }

  integrations(args) {
    const items = () => this.model.integrations.filter((integration) => integration.entity === this.of);
    const view = (integration) => new Integration(integration, this.model);
    return page(this.model, items, args, { ...PLAIN, name: 'integrations', owner: this.id, view });
  }
}

export class Project extends View {
  get description() { return null; }
  get entity() { return new Entity(this.of.entity, this.model); }
  get entityName() { return this.of.entity.name; }
  run({ name }) { return orNull(Run, this.of.runs.get(name), this.model); }
  get runQueues() { return this.of.queues.map((queue) => new RunQueue(queue, this.model)); }
  get triggers() {
    const { triggers } = this.model;
    return triggers.filter(({ project }) => project === this.of).map((trigger) => new Trigger(trigger, this.model));
  }

  collectionOf(name) {
    const collection = this.model.collections.get(`${this.of.path}/${name}`);
    return collection && !isHidden(collection, this.model) ? collection : null;
  }

  totalArtifactCollections() {
    return [...this.model.collections.values()].filter((collection) => collection.project === this.of).length;
  }

  artifactCollection({ name }) {
    return orNull(Collection, this.collectionOf(name), this.model);
  }

  artifactCollections(args) {
    return collectionsPage(this.model, (collection) => collection.project === this.of, args, this.id);
  }

  artifactCollectionMembership({ name }) {
    const [collection, alias] = name.split(':');
    return orNull(ArtifactCollectionMembership, this.collectionOf(collection)?.aliases.get(alias), this.model);
  }

  artifact(args) {
    return this.artifactCollectionMembership(args)?.artifact ?? null;
  }

  runQueue({ name }) {
    return orNull(RunQueue, this.of.queues.find((queue) => queue.name === name), this.model);
  }
}

/* ---- collections ---- */

export class Collection extends View {
  get __typename() { return this.of.type; }
  get id() { return idOf('ArtifactCollection', this.of.n); }
  get description() { return this.of.description; }
  get project() { return new Project(this.of.project, this.model); }
  get state() { return 'READY'; }
  get latestArtifact() { return orNull(Artifact, this.of.aliases.get('latest')?.artifact, this.model); }

  artifactMembership({ aliasName }) {
    return orNull(ArtifactCollectionMembership, this.of.aliases.get(aliasName), this.model);
  }

  artifactMemberships(args) {
    return this.plain('members', () => this.of.members, args, ArtifactCollectionMembership);
  }

  aliases(args) {
    const items = () => this.of.members.flatMap(aliasesOf);
    return this.plain('aliases', items, args, ArtifactAlias);
  }

  tags(args) {
    return this.plain('tags', () => this.of.tags, args, Tag);
  }

  plain(name, items, args, Item) {
    const view = (item) => new Item(item, this.model);
    return page(this.model, items, args, { ...PLAIN, name, owner: this.id, view });
  }

  artifactCollectionActions(args) {
    const items = () => this.model.history(this.of.actions);
    const view = (action) => new ArtifactCollectionAction(action, this.model);
    return page(this.model, items, args, { ...ACTIONS, owner: this.id, view });
  }

  aliasActionHistory(args) {
    const items = () => this.model.history(this.of.aliasActions)
      .filter(({ alias }) => args.alias === null || args.alias === undefined || alias === args.alias);
    const view = (action) => new ArtifactAliasAction(action, this.model);
    return page(this.model, items, args, { ...ALIAS_ACTIONS, owner: this.id, more: [args.alias], view });
  }
}

function aliasesOf(member) {
  return [...member.aliases].map(([alias, n]) => ({ n, alias, member }));
}

class ArtifactAlias extends View {
  get alias() { return this.of.alias; }
  get artifact() { return new Artifact(this.of.member.artifact, this.model); }
  get artifactCollection() { return new Collection(this.of.member.collection, this.model); }
  get artifactCollectionName() { return this.of.member.collection.name; }
}

class ArtifactCollectionMembership extends View {
  get versionIndex() { return this.of.versionIndex; }
  get aliases() { return aliasesOf(this.of).map((alias) => new ArtifactAlias(alias, this.model)); }
  get artifact() { return new Artifact(this.of.artifact, this.model); }
  get artifactCollection() { return new Collection(this.of.collection, this.model); }
  get commitHash() { return null; }
  get path() { return this.of.collection.path; }
}

/* What is deleted is null in histories. */
function artifactThen(artifact, model) {
  return artifact?.isDeleted ? null : orNull(Artifact, artifact, model);
}

class ArtifactCollectionAction extends View {
  get actionType() { return this.of.actionType; }
  get artifact() { return artifactThen(this.of.artifact, this.model); }
  get artifactCollection() { return new Collection(this.of.collection, this.model); }
  get user() { return orNull(User, this.of.user, this.model); }
}

class ArtifactAliasAction extends View {
  get actionType() { return this.of.actionType; }
  get alias() { return this.of.alias; }
  get artifactCollection() { return new Collection(this.of.collection, this.model); }
  get sourceArtifact() { return artifactThen(this.of.source, this.model); }
  get targetArtifact() { return artifactThen(this.of.target, this.model); }
  get user() { return orNull(User, this.of.user, this.model); }
}

/* ---- artifacts ---- */

/* A connection that takes no arguments gives all. */
function all(items, view) {
  const edges = items.map((item, i) => ({ cursor: String(i), node: view(item) }));
  const pageInfo = { endCursor: null, hasNextPage: false, hasPreviousPage: false, startCursor: null };
  return { edges, pageInfo, totalCount: items.length };
}

class Artifact extends View {
  get metadata() { return this.of.metadata; }
  get description() { return this.of.description; }
  get digest() { return this.of.digest; }
  get size() { return 1024; }
  get state() { return this.of.isDeleted ? 'DELETED' : 'COMMITTED'; }
  get tags() { return this.of.tags.map((tag) => new Tag(tag, this.model)); }
  get artifactType() { return { id: idOf('ArtifactType', this.of.type), name: this.of.type }; }
  get artifactSequence() { return new Collection(this.of.source, this.model); }
  get createdBy() { return orNull(Run, this.of.run, this.model) ?? orNull(User, this.of.user, this.model); }

  membersIn(name) {
    const isAny = name === null || name === undefined;
    return this.of.members.filter(({ collection }) => isAny || collection.name === name);
  }

  aliases({ artifactCollectionName }) {
    const aliases = this.membersIn(artifactCollectionName).flatMap(aliasesOf);
    return aliases.map((alias) => new ArtifactAlias(alias, this.model));
  }

  versionIndex({ artifactCollectionName }) {
    if (artifactCollectionName === null || artifactCollectionName === undefined) return this.of.sourceIndex;
    return this.membersIn(artifactCollectionName)[0]?.versionIndex ?? null;
  }

  artifactCollections() {
    return all(this.of.members, ({ collection }) => new Collection(collection, this.model));
  }

  artifactMemberships() {
    return all(this.of.members, (member) => new ArtifactCollectionMembership(member, this.model));
  }
}

class Tag extends View {
  get tagCategoryName() { return 'model'; }
}

/* ---- Launch ---- */

export class RunQueue extends View {
  get entityName() { return this.of.entity; }
  get prioritizationMode() { return this.of.priorities ? 'V0' : 'DISABLED'; }

  runQueueItem({ id }) {
    return orNull(RunQueueItem, this.of.items.find(({ n }) => idOf('RunQueueItem', n) === id), this.model);
  }

  runQueueItems(args) {
    const view = (item) => new RunQueueItem(item, this.model);
    return page(this.model, () => this.of.items, args, { ...PLAIN, name: 'items', owner: this.id, view });
  }
}

class RunQueueItem extends View {
  get state() { return this.of.state; }
  get associatedRunId() { return null; }
  get priority() { return this.of.priority; }
  get runSpec() { return JSON.parse(this.of.runSpec); }
  get templateVariableValues() { return JSON.parse(this.of.templateVariableValues ?? 'null'); }
}

function push(model, queue, input) {
  if (!queue) throw new GraphQLError('run queue not found', { extensions: { code: 'NOT_FOUND' } });
  if (input.priority != null && !queue.priorities) throw badRequest('the queue has no priorities');
  const item = model.push(queue, input);
  model.memo.clear();
  const runQueueItemId = idOf('RunQueueItem', item.n);
  return { runQueueItemId, runSpec: input.runSpec, clientMutationId: input.clientMutationId };
}

/* ---- entry points ---- */

function findProject(model, path) {
  return orNull(Project, model.redirects.get(path) ?? model.projects.get(path), model);
}

export function roots(model) {
  return {
    query: {
      viewer: () => new User(model.user('watcher'), model),
      entity: ({ name }) => orNull(Entity, model.entities.get(name), model),
      project: ({ entityName, name }) => findProject(model, `${entityName}/${name}`),
      organization: ({ name, id }) => orNull(Organization, model.organizations.get(name) ??
        [...model.organizations.values()].find(({ n }) => idOf('Organization', n) === id), model),
      artifact: ({ id }) => orNull(Artifact, model.artifactById(id), model),
      artifactCollection: ({ id }) => {
        const collection = model.collectionById(id);
        return collection && !isHidden(collection, model) ? new Collection(collection, model) : null;
      },
      serverInfo: { actionHistoryLimit: () => model.settings.history_limit ?? 1000 },
    },
    mutation: {
      pushToRunQueueByName: ({ input }) => {
        const project = model.projects.get(`${input.entityName}/${input.projectName}`);
        return push(model, project?.queues.find(({ name }) => name === input.queueName), input);
      },
      pushToRunQueue: ({ input }) => {
        const queue = [...model.queuesById.values()].find(({ n }) => idOf('RunQueue', n) === input.queueID);
        return push(model, queue, input);
      },
    },
  };
}
