// What the page says to its service worker.
//
// SPDX-License-Identifier: MIT

/** To one that waits: that it may take over. */
export const useNow = 'use-now';
