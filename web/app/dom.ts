// A few helpers to build and change elements.
//
// SPDX-License-Identifier: MIT

type Child = Node | string;

/** An element with properties set (`className`, `hidden`, ...) or, where a name has a dash or is `role`, attributes. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag, properties: Record<string, unknown> = {}, ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-') || name === 'role') node.setAttribute(name, String(value));
    else Object.assign(node, { [name]: value });
  }
  node.append(...children);
  return node;
}

/** Sets an element's text only where it changes, so that a screen reader is not told the same thing twice. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A drawing of lines on a 24 x 24 grid; for the eye only. */
export function icon(path: string): SVGSVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(space, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}
