import { badRequest, json, OK } from '../answer.ts';
import { INTERNAL } from '../cassandra/jmx.ts';
import type { Call, Route } from '../route.ts';

const PATH = '/api/v0/ops/auth/role';

export const ROLE_ROUTES: readonly Route[] = [
  { method: 'GET', path: PATH, produces: 'text', operation: 'listRoles', handle: list },
  { method: 'POST', path: PATH, produces: 'text', operation: 'createRole', handle: create },
  { method: 'DELETE', path: PATH, produces: 'text', operation: 'dropRole', handle: drop },
];

async function list({ connection }: Call) {
  const rows = await connection.query('SELECT role, is_superuser, can_login FROM system_auth.roles');
  return json(
    rows.map((row) => ({
      name: row['role'],
      super: row['is_superuser'] === 'true',
      login: row['can_login'] === 'true',
      datacenters: 'ALL',
      options: '{}',
    })),
  );
}

async function create({ connection, query }: Call) {
  const name = query.get('username') ?? '';
  const password = query.get('password') ?? '';
  if (name.trim() === '') return badRequest('Username is empty');
  if (password.trim() === '') return badRequest('Password is empty');
  await withholdDefaultRole(connection);
  const [superuser, login] = ['is_superuser', 'can_login'].map((flag) => query.get(flag) === 'true');
  await (await connection.jmx()).call(INTERNAL, 'createRole', [name, superuser, login, password]);
  return OK;
}

/**
 * Cassandra makes a `cassandra` superuser with a known password where it finds no role at all. One without any right
 * keeps it from doing so for good. The oldest time stamp lets a role that an administrator made win.
 */
async function withholdDefaultRole(connection: Call['connection']): Promise<void> {
  const roles = await connection.query('SELECT role FROM system_auth.roles LIMIT 1');
  if (roles.length > 0) return;
  await connection.query(
    'INSERT INTO system_auth.roles (role, is_superuser, can_login, salted_hash) ' +
      "VALUES ('cassandra', false, false, '') USING TIMESTAMP 1",
  );
}

async function drop({ connection, query }: Call) {
  const name = query.get('username') ?? '';
  if (name.trim() === '') return badRequest('Username is empty');
  await (await connection.jmx()).call(INTERNAL, 'dropRole', [name]);
  return OK;
}
