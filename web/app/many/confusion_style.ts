// How a confusion matrix looks, on the page and in a file of its own: the colours of the program's `evaluate --confusion`.
//
// SPDX-License-Identifier: MIT

// A cell's colour tells which part of its row (of the true class's photos) it holds, in six steps: blue where the answer is right,
// red beside it, where one of a hundred counts. The percentages up to which each of the colours goes:
export const rightSteps = [20, 40, 60, 75, 90, 100];
export const wrongSteps = [1, 3, 8, 20, 50, 100];

export const confusionStyle = `
.confusion{--ink:#1c1c22;--muted:#5f5f6a;--empty:#f3f3f6;--rule:#dcdce3;--over:#fff;
--r1:#dbe7fb;--r2:#b5cdf6;--r3:#86abec;--r4:#4a7bd4;--r5:#2f63bf;--r6:#184694;
--w1:#ffdcd1;--w2:#ffbca7;--w3:#fb9377;--w4:#cf4727;--w5:#bb3820;--w6:#9d2411;
font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
@media(prefers-color-scheme:dark){.confusion{--ink:#ececf1;--muted:#a5a5b1;--empty:#22282b;--rule:#39424a;--over:#0e0e12;
--r1:#1f2f4e;--r2:#274575;--r3:#3360a5;--r4:#5a8fdc;--r5:#7aa8ea;--r6:#b1cffa;
--w1:#4a241b;--w2:#6e2f20;--w3:#9b3f28;--w4:#dd6a4b;--w5:#f08766;--w6:#ffbca4}}
.confusion text{fill:var(--ink)}.confusion .muted{fill:var(--muted)}.confusion .end{text-anchor:end}
.confusion .middle{text-anchor:middle}.confusion .over{fill:var(--over)}.confusion .rule{stroke:var(--rule);fill:none}
.confusion .empty{fill:var(--empty)}
${[1, 2, 3, 4, 5, 6].map((i) => `.confusion .r${i}{fill:var(--r${i})}.confusion .w${i}{fill:var(--w${i})}`).join('')}`;

/** For a file: the ground that the page otherwise gives. */
export const paperStyle = 'svg{background:#fff}@media(prefers-color-scheme:dark){svg{background:#16161a}}';
