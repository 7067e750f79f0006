// Imports the entry that is named on the command line, and prints what that did besides: run by consumers.test.mjs.
//
// SPDX-License-Identifier: MIT
const calls = [];
const { setTimeout: wait } = globalThis;
const watched = [
  'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'MessageChannel', 'BroadcastChannel', 'AbortController',
];
for (const name of watched) {
  globalThis[name] = new Proxy(globalThis[name], {
    apply: (...args) => (calls.push(name), Reflect.apply(...args)),
    construct: (...args) => (calls.push(name), Reflect.construct(...args)),
  });
}
for (const name of ['compile', 'instantiate', 'validate']) {
  const real = WebAssembly[name];
  WebAssembly[name] = (...args) => (calls.push(name), real(...args));
}

const before = Reflect.ownKeys(globalThis);
const { Classifier, ResnetError, cosineSimilarity } = await import(process.argv[2]);
const globals = Reflect.ownKeys(globalThis).filter((name) => !before.includes(name)).map(String);
await new Promise((resolve) => { wait(resolve, 50); }); // until Node has closed the files that it read
const resources = process.getActiveResourcesInfo().filter((name) => !/^(Pipe|TTY)/.test(name));
const kinds = [Classifier, ResnetError, cosineSimilarity].map((value) => typeof value);
console.log(JSON.stringify({ calls, globals, resources, kinds }));
