import { nearest, type Project, type Team } from '#contracts';
import { ConflictError, InvalidReferenceError, NotFoundError, sqlState } from './database-errors.js';
import type { Database, Queryable } from './database.js';

/** Teams and the projects that they own. */
export class ProjectStore {
  constructor(private readonly database: Database) {}

  async listTeams(): Promise<Team[]> {
    const rows = await this.database.query<{ id: string; name: string; createdAt: Date }>(
      'SELECT id, name, created_at AS "createdAt" FROM teams ORDER BY name',
    );
    return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
  }

  async createTeam(name: string): Promise<Team> {
    const rows = await this.unique(`a team named "${name}" exists already`, () =>
      this.database.query<{ id: string; name: string; createdAt: Date }>(
        'INSERT INTO teams (name) VALUES ($1) RETURNING id, name, created_at AS "createdAt"',
        [name],
      ),
    );
    return { ...rows[0], createdAt: rows[0].createdAt.toISOString() };
  }

  async listProjects(): Promise<Project[]> {
    const rows = await this.database.query<Omit<Project, 'createdAt'> & { createdAt: Date }>(
      `SELECT p.id, p.name, t.name AS team, p.created_at AS "createdAt"
       FROM projects p JOIN teams t ON t.id = p.team_id ORDER BY p.name`,
    );
    return rows.map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
  }

  async createProject(name: string, team: string): Promise<Project> {
    const rows = await this.unique(`a project named "${name}" exists already`, () =>
      this.database.query<{ id: string; createdAt: Date }>(
        `INSERT INTO projects (team_id, name) SELECT id, $1 FROM teams WHERE name = $2
         RETURNING id, created_at AS "createdAt"`,
        [name, team],
      ),
    );
    if (rows.length === 0) throw new InvalidReferenceError('team', `there is no team named "${team}"`);
    return { id: rows[0].id, name, team, createdAt: rows[0].createdAt.toISOString() };
  }

  private async unique<T>(message: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (sqlState(error) === '23505') throw new ConflictError(message, { cause: error });
      throw error;
    }
  }
}

/** The id of the project that a spec names; throws InvalidReferenceError with the nearest name there is. */
export async function projectId(database: Queryable, name: string): Promise<string> {
  const [project] = await database.query<{ id: string }>('SELECT id FROM projects WHERE name = $1', [name]);
  if (project !== undefined) return project.id;
  const projects = await database.query<{ name: string }>('SELECT name FROM projects ORDER BY name LIMIT 1000');
  const hint = nearest(
    name,
    projects.map((row) => row.name),
  );
  const message = `there is no project named "${name}"${hint === undefined ? ': create it first' : `; did you mean "${hint}"?`}`;
  throw new InvalidReferenceError('project', message);
}

/** Thrown where an id in a path names nothing. */
export function notFound(what: string, id: string): NotFoundError {
  return new NotFoundError(`there is no ${what} ${id}`);
}
