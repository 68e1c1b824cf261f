import { Body, Controller } from '@nestjs/common';
import {
  listOf,
  ProjectBodySchema,
  ProjectSchema,
  TeamBodySchema,
  TeamSchema,
  type Project,
  type Team,
} from '#contracts';
import { ProjectStore } from '#persistence';
import type { z } from 'zod';
import { Checked } from '../http/checked.js';
import { Endpoint } from '../http/endpoint.js';

@Controller()
export class ProjectsController {
  constructor(private readonly projects: ProjectStore) {}

  @Endpoint({ method: 'GET', path: 'teams', summary: 'Teams', response: listOf(TeamSchema) })
  async listTeams(): Promise<{ items: Team[] }> {
    return { items: await this.projects.listTeams() };
  }

  @Endpoint({
    method: 'POST',
    path: 'teams',
    summary: 'Create a team',
    body: TeamBodySchema,
    status: 201,
    response: TeamSchema,
    problems: [409],
  })
  createTeam(@Body(new Checked(TeamBodySchema)) body: z.output<typeof TeamBodySchema>): Promise<Team> {
    return this.projects.createTeam(body.name);
  }

  @Endpoint({ method: 'GET', path: 'projects', summary: 'Projects', response: listOf(ProjectSchema) })
  async listProjects(): Promise<{ items: Project[] }> {
    return { items: await this.projects.listProjects() };
  }

  @Endpoint({
    method: 'POST',
    path: 'projects',
    summary: 'Create a project',
    body: ProjectBodySchema,
    status: 201,
    response: ProjectSchema,
    problems: [409],
  })
  createProject(@Body(new Checked(ProjectBodySchema)) body: z.output<typeof ProjectBodySchema>): Promise<Project> {
    return this.projects.createProject(body.name, body.team);
  }
}
