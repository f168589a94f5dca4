import assert from 'node:assert/strict';
import type { Answer } from '../clients/ask.js';
import type { ImagesClient } from '../clients/images-client.js';

export interface Membership {
  readonly member_id: string;
  readonly can_share?: boolean;
}

/** The members of one image as one caller deals with them; every answer is given as its status. */
export class Sharing {
  readonly #client: ImagesClient;
  readonly #path: string;

  constructor(client: ImagesClient, id: string) {
    this.#client = client;
    this.#path = `/v1/images/${id}/members`;
  }

  /** Members as `name`, or `name+` for those that may share. */
  async list(): Promise<string[]> {
    const answer = await this.#client.ask(this.#path);
    assert.equal(answer.status, 200, answer.text);
    const { members } = JSON.parse(answer.text) as { members: readonly Required<Membership>[] };
    for (const one of members) assert.deepEqual(Object.keys(one).sort(), ['can_share', 'member_id']);
    return members.map(({ member_id, can_share }) => (can_share ? `${member_id}+` : member_id));
  }

  async replace(...memberships: readonly (Membership | string)[]): Promise<number> {
    const entries = memberships.map((one) => (typeof one === 'string' ? { member_id: one } : one));
    return (await this.#send('PUT', '', JSON.stringify({ memberships: entries }))).status;
  }

  /** Adds or changes a member; without `can_share` the request has no body. */
  async put(member: string, can_share?: boolean): Promise<number> {
    const body = can_share === undefined ? undefined : JSON.stringify({ member: { can_share } });
    return (await this.#send('PUT', `/${encodeURIComponent(member)}`, body)).status;
  }

  async remove(member: string): Promise<number> {
    return (await this.#send('DELETE', `/${encodeURIComponent(member)}`)).status;
  }

  /** A PUT with any body at all; `rest` follows `…/members`. */
  raw(rest: string, body: string, type = 'application/json'): Promise<Answer> {
    return this.#send('PUT', rest, body, type);
  }

  async #send(method: string, rest: string, body?: string, type = 'application/json'): Promise<Answer> {
    const path = this.#path + rest;
    if (body === undefined) return this.#client.ask(path, { method });
    const answer = await this.#client.ask(path, { method, headers: { 'content-type': type }, body });
    if (answer.status === 204) assert.equal(answer.text, '');
    return answer;
  }
}

/** What `GET /v1/shared-images/{project}` shows: ids, with `+` behind those that may be shared. */
export async function sharedImages(client: ImagesClient, project: string): Promise<string[]> {
  const answer = await client.ask(`/v1/shared-images/${encodeURIComponent(project)}`);
  assert.equal(answer.status, 200, answer.text);
  const { shared_images } = JSON.parse(answer.text) as {
    shared_images: readonly { readonly image_id: string; readonly can_share: boolean }[];
  };
  return shared_images.map(({ image_id, can_share }) => (can_share ? `${image_id}+` : image_id));
}
