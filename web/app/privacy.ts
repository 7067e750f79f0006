// What was requested since the page was opened, as far as the browser tells the page, and how to check it without the page.
//
// SPDX-License-Identifier: MIT
import { element, setText } from './dom.js';
import { strings } from './strings.js';

type Timing = PerformanceResourceTiming & { deliveryType?: string }; // not every browser knows the last

interface Request {
  address: URL;
  /** What asked for it, in the browser's word. */
  initiator: string;
  bytes: number;
  /** Milliseconds after the page was opened. */
  at: number;
  from: keyof typeof strings.requests.from;
  /** The server's answer; 0 where the browser does not tell. */
  status: number;
}

/** Notes requests from now on, with those that have been made before. */
export function privacyView(): HTMLElement {
  const { requests: words } = strings;
  const resources: Timing[] = [];
  const summary = element('p', {});
  const rows = element('tbody', { role: 'rowgroup' });
  // The roles are said because on a phone it is not laid out as a table.
  const table = element('table', { role: 'table', className: 'requests', 'aria-label': words.heading },
    element('thead', { role: 'rowgroup' }, element('tr', { role: 'row' },
      ...words.columns.map((name) => element('th', { role: 'columnheader', scope: 'col' }, name)))),
    rows);
  const root = element('details', { className: 'privacy' }, element('summary', {}, words.heading), summary, table,
    policyView(), element('p', {}, words.unseen), element('p', {}, words.check));
  const update = () => {
    if (!root.open) return;
    // The page itself is looked up: observers are told of it twice, and the first time too early to know its size.
    const entries = [...performance.getEntriesByType('navigation') as Timing[], ...resources].sort((a, b) => a.startTime - b.startTime);
    const requests = entries.map(requestOf).filter((request) => request !== undefined);
    setText(summary, summaryText(requests));
    rows.replaceChildren(...requests.map(row));
    table.hidden = requests.length === 0;
  };
  root.ontoggle = update;
  const observer = new PerformanceObserver((list) => {
    resources.push(...list.getEntries() as Timing[]);
    update();
  });
  observer.observe({ type: 'resource', buffered: true });
  return root;
}

/** Undefined for what is in memory, such as a photo's preview: that is no request. */
function requestOf(entry: Timing): Request | undefined {
  const address = new URL(entry.name, document.baseURI);
  if (!/^https?:$/.test(address.protocol)) return undefined;
  return {
    address, initiator: entry.initiatorType, bytes: entry.transferSize, at: entry.startTime, from: sourceOf(entry), status: entry.responseStatus ?? 0,
  };
}

function sourceOf({ deliveryType, workerStart, transferSize, encodedBodySize }: Timing): Request['from'] {
  if (workerStart > 0 && transferSize === 0) return 'keeper'; // otherwise it has let it pass
  if (deliveryType === 'cache' || (transferSize === 0 && encodedBodySize > 0)) return 'cache';
  return transferSize > 0 && transferSize < encodedBodySize ? 'unchanged' : 'network';
}

function row({ address, initiator, bytes, at, from, status }: Request): HTMLElement {
  const { requests: words } = strings;
  const own = address.origin === location.origin;
  const cells = [
    nameOf(address), words.initiators[initiator] ?? words.otherInitiator, from === 'keeper' ? words.unknown : words.size(bytes), words.after(at / 1000),
    status >= 400 ? words.refused(status) : words.from[from],
  ];
  return element('tr', { role: 'row', className: own ? '' : 'foreign' },
    ...cells.map((text) => element('td', { role: 'cell' }, text)));
}

/** As seen from the page; one of another origin in full. */
function nameOf({ href: whole }: URL): string {
  const [href = whole] = whole.split('#');
  const folder = new URL('.', document.baseURI).href;
  return href.startsWith(folder) ? href.slice(folder.length) || strings.requests.page : href;
}

function summaryText(requests: readonly Request[]): string {
  const { requests: words } = strings;
  const foreign = [...new Set(requests.map(({ address }) => address.origin))].filter((origin) => origin !== location.origin);
  if (requests.length === 0) return words.none;
  return foreign.length === 0 ? words.allOwn(requests.length, location.origin) : words.foreign(requests.length, foreign);
}

/** What the page's policy says of requests, and all of it in its own words. */
function policyView(): HTMLElement {
  const { requests: words } = strings;
  const policy = document.querySelector<HTMLMetaElement>('meta[http-equiv="Content-Security-Policy"]')?.content ?? '';
  const directives = policy.split(';').map((directive) => directive.trim()).filter(Boolean);
  const reasons = directives.flatMap((directive) => words.directives[directive] ?? []);
  return element('div', {},
    element('p', {}, reasons.length === 0 ? words.noPolicy : words.policy(reasons)),
    element('details', {}, element('summary', {}, words.policyText), element('pre', {}, element('code', {}, directives.join(';\n')))));
}
