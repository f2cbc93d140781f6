/*
 * triggers - saved automations and integrations as GraphQL sees them
 *
 * A scope, condition or action of a type that starts with Future is one that only newer servers have.
 */
import { View, orNull } from './view.mjs';
import { Collection, Entity, Project, RunQueue } from './views.mjs';

export class Integration extends View {
  get __typename() { return this.of.type; }
  get urlEndpoint() { return this.of.url; }
  get accessTokenRef() { return this.of.access_token; }
  get secretRef() { return this.of.secret; }
  get teamName() { return this.of.team; }
  get channelName() { return this.of.channel; }
}

class Condition extends View {
  get __typename() { return this.of.isFuture ? 'FutureTriggeringCondition' : 'FilterEventTriggeringCondition'; }
  get eventType() { return this.of.event; }
  get filter() { return this.of.filter; }
}

class Action extends View {
  get __typename() { return this.of.type; }
  get integration() { return new Integration(this.of.integration, this.model); }
  get requestPayload() { return this.of.payload; }
  get queue() { return orNull(RunQueue, this.of.queue, this.model); }
  get template() { return this.of.template; }
  get title() { return this.of.title; }
  get message() { return this.of.message; }
  get severity() { return this.of.severity; }
  get body() { return this.of.body; }
  get noOp() { return true; }
}

class FutureScope extends View {}

/* A function, since views.mjs, which has them, begins with this file. */
function scopeView(kind) {
  return { collection: Collection, project: Project, entity: Entity, future: FutureScope }[kind];
}

export class Trigger extends View {
  get description() { return this.of.description; }
  get enabled() { return this.of.enabled; }
  get scope() { return new (scopeView(this.of.scope.kind))(this.of.scope.of, this.model); }
  get triggeringCondition() { return new Condition(this.of, this.model); }
  get triggeredAction() { return new Action(this.of.action, this.model); }
}
