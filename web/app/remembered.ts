// What the page remembers between visits, in this browser only. Where storage is refused it forgets, and works all the same.
//
// SPDX-License-Identifier: MIT

const prefix = 'resnet-wasm.';

function entry(name: string): { get(): string | undefined; set(value: string): void } {
  return {
    get() {
      try {
        return localStorage.getItem(prefix + name) ?? undefined;
      } catch {
        return undefined;
      }
    },
    set(value) {
      try {
        localStorage.setItem(prefix + name, value);
      } catch {
        // private mode, or no space
      }
    },
  };
}

export const remembered = {
  /** The name of the model that was chosen last from a list that begins with this one: where the list changes, it has a say again. */
  modelBeside: (first: string) => entry(`model.${first}`),
  /** The camera that was chosen last, by its id. */
  camera: entry('camera'),
};

export function forgetAll(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
  } catch {
    // nothing was remembered
  }
}
