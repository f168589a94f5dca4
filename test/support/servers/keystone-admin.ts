export interface ProjectUser {
  readonly name: string;
  readonly password: string;
  /** Name of the project. */
  readonly project: string;
  readonly projectId: string;
  readonly userId: string;
}

/** Makes projects, users and tokens at a Keystone, over its Identity API v3. */
export class KeystoneAdmin {
  readonly #url: string;
  readonly #name: string;
  readonly #password: string;
  #own: Promise<string> | null = null;

  /** @param name of a user, and of its project, who is admin */
  constructor(url: string, name: string, password: string) {
    this.#url = url;
    this.#name = name;
    this.#password = password;
  }

  /** A token of the admin's own. */
  ownToken(): Promise<string> {
    this.#own ??= this.token({ name: this.#name, password: this.#password, project: this.#name });
    return this.#own;
  }

  /** Makes a user with a role in a project of its own; role and project are made if need be. */
  async addUser(name: string, project: string, role: string): Promise<ProjectUser> {
    const password = `password of ${name}`;
    const projectId = await this.#make('project', { name: project, domain_id: 'default' });
    const userId = await this.#make('user', { name, password, domain_id: 'default' });
    const roleId = await this.#make('role', { name: role });
    await this.#call('PUT', `/projects/${projectId}/users/${userId}/roles/${roleId}`);
    return { name, password, project, projectId, userId };
  }

  /** Puts a service and its public endpoint into the catalogue. */
  async addEndpoint(type: string, url: string): Promise<void> {
    const id = await this.#make('service', { type, name: type });
    await this.#call('POST', '/endpoints', { endpoint: { service_id: id, interface: 'public', url } });
  }

  /** Makes an application credential for the user. */
  async applicationCredential(user: ProjectUser): Promise<{ id: string; secret: string }> {
    const path = `/users/${user.userId}/application_credentials`;
    const body = { application_credential: { name: 'registry' } };
    const answer = await this.#send('POST', path, await this.token(user), body);
    return ((await answer.json()) as { application_credential: { id: string; secret: string } })
      .application_credential;
  }

  /** A token of the user: of its project, or without scope. */
  async token(
    { name, password, project }: Pick<ProjectUser, 'name' | 'password' | 'project'>,
    scoped = true,
  ): Promise<string> {
    const domain = { id: 'default' };
    const identity = { methods: ['password'], password: { user: { name, domain, password } } };
    const scope = scoped ? { project: { name: project, domain } } : 'unscoped';
    const answer = await this.#send('POST', '/auth/tokens', null, { auth: { identity, scope } });
    const token = answer.headers.get('x-subject-token');
    if (token === null) throw new Error('Keystone sent no token');
    return token;
  }

  async revoke(token: string): Promise<void> {
    await this.#send('DELETE', '/auth/tokens', await this.ownToken(), undefined, token);
  }

  /** The id of the thing of that name, which is made if there is none. */
  async #make(kind: string, fields: Readonly<Record<string, string>>): Promise<string> {
    const found = await this.#call('GET', `/${kind}s?name=${fields.name ?? ''}`);
    const [first] = ((await found.json()) as Record<string, { id: string }[]>)[`${kind}s`] ?? [];
    if (first !== undefined) return first.id;
    const made = await this.#call('POST', `/${kind}s`, { [kind]: fields });
    const { id } = ((await made.json()) as Record<string, { id: string }>)[kind] ?? {};
    if (id === undefined) throw new Error(`Keystone made no ${kind}`);
    return id;
  }

  async #call(method: string, path: string, body?: object): Promise<Response> {
    return this.#send(method, path, await this.ownToken(), body);
  }

  async #send(
    method: string,
    path: string,
    token: string | null,
    body?: object,
    subject?: string,
  ): Promise<Response> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (token !== null) headers['x-auth-token'] = token;
    if (subject !== undefined) headers['x-subject-token'] = subject;
    const answer = await fetch(`${this.#url}/v3${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`Keystone: ${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}
