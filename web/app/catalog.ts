// The models that are served beside the page: models/index.json, {"models": [{"name", "file", "bytes", "builtIn"}]}.
// `builtIn` is true for the one that is part of the project; the others need not say so.
//
// SPDX-License-Identifier: MIT
import { ResnetError } from '../api/index.js';
import { strings } from './strings.js';

export interface ServedModel {
  name: string;
  source: URL | Blob;
  bytes: number | undefined;
  builtIn: boolean;
}

/** In the list's order; none where there is no list. Errors: `io`. */
export async function servedModels(): Promise<ServedModel[]> {
  const list = new URL('models/index.json', document.baseURI);
  const response = await fetch(list).catch(() => undefined);
  if (response?.status === 404) return [];
  if (!response?.ok) throw new ResnetError('io', strings.model.listMissing);
  const entries: unknown = await response.json().then((json: { models?: unknown }) => json.models, () => undefined);
  if (!Array.isArray(entries)) throw broken();
  return entries.map((entry: unknown) => servedModel(entry, list));
}

function servedModel(entry: unknown, list: URL): ServedModel {
  const { name, file, bytes, builtIn } = (entry ?? {}) as Record<string, unknown>;
  if (typeof name !== 'string' || typeof file !== 'string') throw broken();
  return { name, source: new URL(file, list), bytes: typeof bytes === 'number' ? bytes : undefined, builtIn: builtIn === true };
}

const broken = () => new ResnetError('io', strings.model.listBroken);
