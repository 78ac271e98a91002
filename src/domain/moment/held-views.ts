import { parseSchema, type SchemaObject } from '../schema/schema.ts';
import { alterStatement } from '../schema/schema-diff.ts';
import { definitionOf, statementOf } from '../schema/table-options.ts';

/** The comment of a view that kassette has created and that Cassandra is not to build yet. */
const COMMENT = "'kassette: to be built when all nodes have this view'";

/** A view that is created first, and built when all nodes have it. */
export interface HeldView extends Pick<SchemaObject, 'keyspace' | 'name'> {
  /** Creates it with a comment of kassette's. */
  readonly create: string;
  /** Gives it the comment that it is to have. Cassandra looks at each change of a keyspace whether views of it are to be built. */
  readonly release: string;
}

/** @param statement creates a view */
export function heldView(statement: string): HeldView {
  const view = parseSchema(`${statement};`)[0] as SchemaObject;
  const { structure, options } = definitionOf(statement);
  // Without a comment of its own it has an empty one.
  const own = new Map(options).set('comment', options.get('comment') ?? "''");
  const create = statementOf({ structure, options: new Map(own).set('comment', COMMENT) });
  const release = alterStatement({
    saved: { ...view, statements: [statementOf({ structure, options: own })] },
    live: { ...view, statements: [create] },
  });
  return { keyspace: view.keyspace, name: view.name, create, release };
}

/** Whether a run was interrupted between creating this view and building it. */
export function isHeld({ kind, statements: [text = ''] }: SchemaObject): boolean {
  return kind === 'view' && definitionOf(text).options.get('comment') === COMMENT;
}
