// What the classes of a model are called, and which class a name means: by the rules of the program `resnet`.
//
// SPDX-License-Identifier: MIT

/** As of a ClassifierInfo. */
export interface Classes {
  readonly classes: number;
  readonly labels: readonly string[];
  readonly labelIds: readonly string[];
}

export const labelOf = ({ labels }: Classes, index: number) => labels[index] ?? `class ${index}`;

/** A label, followed by the class's number where several bear it: ImageNet has two cranes. */
export function uniqueLabels(model: Classes): string[] {
  const all = Array.from({ length: model.classes }, (_, index) => labelOf(model, index));
  const bearers = new Map<string, number>();
  for (const label of all) bearers.set(label, (bearers.get(label) ?? 0) + 1);
  return all.map((label, index) => (bearers.get(label) === 1 ? label : `${label} [${index}]`));
}

/** Finds the class that a name means: a label or else a label id, in any case, or a number. What several classes bear means none. */
export function classFinder({ classes, labels, labelIds }: Classes): (name: string) => number | undefined {
  const maps = [labels, labelIds].map(classesByName);
  return (name) => {
    const map = maps.find((known) => known.has(name.toLowerCase()));
    return map === undefined ? classNumber(name, classes) : map.get(name.toLowerCase());
  };
}

function classesByName(names: readonly string[]): Map<string, number | undefined> {
  const known = new Map<string, number | undefined>();
  names.forEach((exact, index) => {
    const name = exact.toLowerCase();
    known.set(name, known.has(name) ? undefined : index);
  });
  return known;
}

/** The number of a class, where the text is one. */
export function classNumber(text: string, classes: number): number | undefined {
  return /^\d+$/.test(text) && Number(text) < classes ? Number(text) : undefined;
}
