// What the page may do and which origins it may reach, as its meta tag and its server's headers say it.
// SPDX-License-Identifier: MIT

const directives = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'", // the second allows WebAssembly, and no eval
  "style-src 'self'",
  "img-src 'self' blob:", // blob: the preview of a chosen photo
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
];

/** For a meta tag, where frame-ancestors has no effect and is a warning. */
export const metaPolicy = directives.join('; ');

/** For the page in a single file: what is in it and nothing else. `script`, `styles`: their hashes. */
export const singlePolicy = ({ script, styles }) => [
  "default-src 'none'", // no connection
  `script-src ${script} 'wasm-unsafe-eval'`,
  `style-src ${styles}`,
  'img-src blob: data:', // data: its icon
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Sent with every file: a worker obeys the policy of its own script's answer, not the page's. */
export const headers = {
  'Content-Security-Policy': `${metaPolicy}; frame-ancestors 'none'`,
  'Cross-Origin-Opener-Policy': 'same-origin', // with the next: shared memory, which threads need
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};
