/*
 * schema - wandb.graphql made to answer: what is asked is checked against it, then executed on the views
 */
import fs from 'node:fs';
import {
  GraphQLError, Kind, NoSchemaIntrospectionCustomRule, buildASTSchema, defaultFieldResolver, execute,
  getOperationAST, isObjectType, parse, specifiedRules, validate, visit,
} from 'graphql';
import { roots } from './views.mjs';

const SOURCE = parse(fs.readFileSync(new URL('../wandb.graphql', import.meta.url), 'utf8'));
const STATUSES = { BAD_REQUEST: 400, NOT_FOUND: 404, PERMISSION_ERROR: 403 };

function parseJsonString(value) {
  if (typeof value !== 'string') throw new GraphQLError('JSONString cannot represent a value that is no string');
  try {
    JSON.parse(value);
  } catch {
    throw new GraphQLError(`JSONString cannot represent what is not JSON: ${value}`);
  }
  return value;
}

const SCALARS = {
  JSONString: {
    parseValue: parseJsonString,
    parseLiteral: (node) => parseJsonString(node.kind === Kind.STRING ? node.value : undefined),
    serialize: (value) => value,
  },
};

/* "Type.field" or "Type.field.argument"; of an interface: of all its types, too; "Union.type" */
function remove(document, coordinate) {
  const [typeName, fieldName, argumentName] = coordinate.split('.');
  let found = false;
  const leave = (union) => {
    if (union.name.value !== typeName) return false;
    const types = union.types.filter(({ name }) => name.value !== fieldName);
    found ||= types.length < union.types.length;
    return { ...union, types };
  };
  const enter = (type) => {
    if (type.name.value !== typeName && !type.interfaces?.some(({ name }) => name.value === typeName)) return false;
    const fields = type.fields.flatMap((field) => {
      if (field.name.value !== fieldName) return [field];
      found ||= !argumentName || field.arguments.some(({ name }) => name.value === argumentName);
      if (!argumentName) return [];
      return [{ ...field, arguments: field.arguments.filter(({ name }) => name.value !== argumentName) }];
    });
    return { ...type, fields };
  };
  const changed = visit(document, {
    ObjectTypeDefinition: enter,
    InterfaceTypeDefinition: enter,
    UnionTypeDefinition: leave,
  });
  if (!found) throw new Error(`without: the schema has no ${coordinate}`);
  return changed;
}

/* "Type.field" or "field", and "@PATH" behind it: only of that entity, project or collection, and what is below */
function isDenied(denied, type, fieldName, source) {
  const typeNames = [type.name, ...type.getInterfaces().map(({ name }) => name)];
  return denied.some((rule) => {
    const [field, path] = rule.split('@');
    if (field !== fieldName && !typeNames.some((name) => field === `${name}.${fieldName}`)) return false;
    return path === undefined || source?.path === path || source?.path?.startsWith(`${path}/`);
  });
}

export class Api {
  constructor(model) {
    this.model = model;
    this.roots = roots(model);
    this.configure();
  }

  /* Take over what the model's settings say of the schema. */
  configure() {
    const { without } = this.model.settings;
    const schema = buildASTSchema(without.reduce(remove, SOURCE));
    for (const [name, scalar] of Object.entries(SCALARS)) Object.assign(schema.getType(name), scalar);
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith('__')) continue;
      for (const field of Object.values(type.getFields()))
        field.resolve = (...all) => this.resolve(type, ...all);
    }
    this.schema = schema;
    this.documents = new Map(); // query → what became of it
  }

  resolve(type, source, args, context, info) {
    const { denied } = this.model.settings;
    if (denied.length > 0 && isDenied(denied, type, info.fieldName, source))
      throw new GraphQLError('permission denied', { extensions: { code: 'PERMISSION_ERROR' } });
    return defaultFieldResolver(source, args, context, info);
  }

  /* → {document, operation, fields} or {errors} */
  prepare(query) {
    if (!this.documents.has(query)) this.documents.set(query, this.check(query));
    return this.documents.get(query);
  }

  check(query) {
    const rules = [...specifiedRules];
    if (!this.model.settings.introspection) rules.push(NoSchemaIntrospectionCustomRule);
    let document;
    try {
      document = parse(query);
    } catch (error) {
      return { errors: [error], fields: [] };
    }
    const fields = new Set();
    visit(document, { Field: (node) => void fields.add(node.name.value) });
    const errors = validate(this.schema, document, rules);
    return { document, fields: [...fields], errors: errors.length > 0 ? errors : undefined };
  }

  /* → {status, body}; body is the answer before it is text */
  answer({ query, variables, operationName }) {
    const { document, errors } = this.prepare(query);
    if (errors) return { status: 400, body: { errors } };
    const operation = getOperationAST(document, operationName);
    if (!operation) return { status: 400, body: { errors: [new GraphQLError('which operation?')] } };
    const body = execute({
      schema: this.schema,
      document,
      operationName,
      rootValue: this.roots[operation.operation],
      variableValues: variables,
    });
    for (const { originalError } of body.errors ?? [])
      if (originalError && !(originalError instanceof GraphQLError)) throw originalError; // our own mistake
    const status = Math.max(200, ...(body.errors ?? []).map(({ extensions }) => STATUSES[extensions.code] ?? 0));
    return { status: body.data === undefined ? 400 : status, body };
  }
}
