// The models that are served beside the page: models/index.json, {"models": [{"name", "file", "bytes", "builtIn"}]}.
// `builtIn` is true for the one that is part of the project; the others need not say so.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from '../api/index.js';
import { strings } from './strings.js';

export interface ServedModel {
  name: string;
  url: URL;
  bytes: number | undefined;
  builtIn: boolean;
}

/** The first one, or undefined where there is none. Errors: `io`. */
export async function firstServedModel(): Promise<ServedModel | undefined> {
  const list = new URL('models/index.json', document.baseURI);
  const response = await fetch(list).catch(() => undefined);
  if (response?.status === 404) return undefined;
  if (!response?.ok) throw new ResnetError('io', strings.model.listMissing);
  const entries: unknown = await response.json().then((json: { models?: unknown }) => json.models, () => undefined);
  if (!Array.isArray(entries)) throw new ResnetError('io', strings.model.listBroken);
  const [entry] = entries as Partial<Record<'name' | 'file' | 'bytes' | 'builtIn', unknown>>[];
  if (entry === undefined) return undefined;
  if (typeof entry.name !== 'string' || typeof entry.file !== 'string') throw new ResnetError('io', strings.model.listBroken);
  const bytes = typeof entry.bytes === 'number' ? entry.bytes : undefined;
  return { name: entry.name, url: new URL(entry.file, list), bytes, builtIn: entry.builtIn === true };
}
