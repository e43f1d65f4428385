// What this adds to pages that are whole without it: ages, keys, and on a page with
// <html data-live="GENERATION"> what changes. Parts of rows are described in row.go, the
// messages in events.go.
(() => {
'use strict';
const doc = document, root = doc.documentElement, base = root.dataset.base || '';
const $ = (s, e = doc) => e.querySelector(s), $$ = (s, e = doc) => [...e.querySelectorAll(s)];
const set = (e, text) => { if (e && e.textContent !== text) e.textContent = text; };

// Ages. The absolute time becomes the tooltip.
const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
const ages = () => $$('time[data-age]').forEach(t => {
  t.title = t.title || t.textContent;
  const s = Math.round((Date.now() - Date.parse(t.dateTime)) / 1000), [size, unit] = units.find(u => Math.abs(s) >= u[0]) || [1, 's'];
  set(t, s < 0 ? `in ${Math.floor(-s / size)} ${unit}` : `${Math.floor(s / size)} ${unit} ago`);
});

// Statuses, the most harmful first: the digits of bars.
const statuses = ['unhealthy', 'degraded', 'unknown', 'healthy', 'disabled'], heights = [10, 8, 4, 6, 2], icons = '✕▲?✓–';
const word = n => n === 2 ? "vega can't tell" : statuses[n];
const now = e => statuses.findIndex(s => e.classList.contains(s));

// label is a count with its status, in HTML that has nothing of anyone else's.
const label = (n, count) => `<span class="status ${statuses[n]}"><span aria-hidden="true">${icons[n]}</span> ${count}${word(n)}</span> `;

// bar draws a bar as ui.Beats does. Only numbers get into its HTML.
const bar = (svg, beats) => {
  if (!svg || svg.dataset.b === beats) return;
  svg.dataset.b = beats;
  const paths = ['', '', '', '', ''], counts = [0, 0, 0, 0, 0];
  let x = svg.viewBox.baseVal.width - beats.length;
  for (const [run] of beats.matchAll(/([0-4])\1*/g)) {
    const n = +run[0], right = x + run.length;
    paths[n] += `M${x} ${10 - heights[n]}H${right}V10H${x}z`;
    counts[n] += run.length;
    x = right;
  }
  svg.innerHTML = `<title>last ${beats.length} run${beats.length === 1 ? '' : 's'}: ${statuses.map((s, n) => counts[n] && `${counts[n]} ${s}`).filter(Boolean).join(', ')}</title>` + statuses.map((s, n) => paths[n] && `<path class="${s}" d="${paths[n]}"/>`).join('');
};

// Rows by name. A name may have two.
let rows;
const index = () => {
  rows = new Map();
  $$('[data-n]').forEach(e => rows.set(e.dataset.n, [...rows.get(e.dataset.n) || [], e]));
};
// patch returns whether the status is another one.
const patch = (e, r) => {
  const status = $('.status', e), to = statuses.indexOf(r.s), other = status && now(status) !== to;
  if (other) status.outerHTML = label(to, '').trim();
  set($('.ms', e), r.l);
  set($('.msg', e), r.m);
  bar($('.bar', e), r.b);
  const ran = $('.ran time', e);
  if (ran) { ran.dateTime = new Date().toISOString(); ran.title = ran.dateTime; }
  return other;
};
const counts = group => {
  const all = [0, 0, 0, 0, 0];
  $$('[data-n] .status', group).forEach(e => all[now(e)]++);
  const to = $('.counts', group);
  if (to) to.innerHTML = all.map((c, n) => c ? label(n, c + ' ') : '').join('');
};

// The number of integrations that are not healthy, in the title and the icon.
const color = ['%23c62828', '%23b26a00', '%236a3ab2'];
const tell = count => {
  const kinds = statuses.slice(0, 3).map(s => count[s]), bad = kinds.reduce((a, b) => a + b);
  doc.title = (bad ? `(${bad}) ` : '') + doc.title.replace(/^\(\d+\) /, '');
  const link = $('link[rel=icon]');
  link.dataset.own = link.dataset.own || link.href;
  link.href = bad ? `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${color[kinds.findIndex(Boolean)]}"/><text x="16" y="23" font-family="sans-serif" font-size="${bad > 99 ? 14 : 20}" font-weight="bold" text-anchor="middle" fill="white">${bad > 999 ? '1k+' : bad}</text></svg>` : link.dataset.own;
};

// load asks for the page again, or for a part of it, and puts it in place. What a person is
// filling in stays.
let loading, again = 0;
const busy = e => $$('input,textarea,select', e).some(f => f.id !== 'q' && f.type !== 'hidden' && (f === doc.activeElement || f.value !== f.defaultValue && f.type !== 'select-one'));
const load = async part => {
  const url = new URL(location.href), old = $(part ? '#now' : '#main');
  if (loading || !old || busy(old)) return;
  loading = true;
  try {
    if (part) url.searchParams.set('part', 'now');
    url.searchParams.delete('done');
    const answer = await fetch(url, { headers: { Accept: 'text/html' } });
    if (answer.redirected && !new URL(answer.url).pathname.startsWith(url.pathname)) return location.reload(); // to the login
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html'), next = $(part ? '#now' : '#main', page);
    if (!next || busy(old)) return;
    const open = new Set($$('details[open]', old).map(name)), shut = new Set($$('details:not([open])', old).map(name)), at = doc.activeElement;
    const focus = old.contains(at) && { n: at.closest('[data-n]')?.dataset.n, id: at.id, text: at.textContent, from: at.selectionStart };
    if ($('#q', next)) $('#q', next).value = $('#q', old)?.value ?? '';
    $$('details', next).forEach(d => { if (open.has(name(d))) d.open = true; else if (shut.has(name(d))) d.open = false; });
    old.replaceWith(doc.adoptNode(next));
    if (page.documentElement.dataset.live) { seen = page.documentElement.dataset.live; doc.title = page.title; }
    index();
    ages();
    globalThis.filter?.();
    if (focus) refocus(focus);
  } catch { // vega does not answer; the stream says when it does again
  } finally { loading = false; }
};
const name = d => d.dataset.g ?? d.id ?? d.textContent;
const refocus = f => {
  const within = f.id ? [doc.getElementById(f.id)] : (rows.get(f.n) || []).flatMap(e => $$('a,button,summary', e)).filter(e => e.textContent === f.text);
  within[0]?.focus({ preventScroll: true });
  if (f.from != null) within[0]?.setSelectionRange?.(f.from, f.from);
};
// soon loads what a patch can't show, at most every 5 seconds.
let timer;
const soon = part => {
  if (!part) again = 2; else again ||= 1;
  timer ||= setTimeout(async () => {
    const whole = again > 1;
    again = 0;
    await load(!whole && $('#now'));
    timer = setTimeout(() => { timer = 0; if (again) soon(again < 2); }, 5000);
  }, 200 + Math.random() * 800);
};

// apply shows a message, if it follows what the page has seen.
let seen = root.dataset.live;
const apply = (id, m) => {
  const [epoch, to] = id.split('-'), [mine, at] = seen.split('-');
  if (epoch !== mine || m.reload > +at || m.from > +at) return soon();
  if (+to <= +at) return;
  seen = id;
  const groups = new Set();
  let moved = false;
  for (const r of m.rows) for (const e of rows.get(r.n) || []) {
    if (patch(e, r)) { moved = true; groups.add(e.closest('.group')); }
  }
  groups.forEach(g => g && counts(g));
  if (m.rows.length) globalThis.filter?.();
  tell(m.count);
  if (moved) soon(true);
};

// One tab of the browser has the stream, and passes on what it gets. It says that it is there
// every 2 seconds; the others take over after 5. A tab that is hidden takes no part.
const me = Math.random(), tabs = new BroadcastChannel('vega' + base);
let stream, heard = 0, refused = 0;
const lead = () => {
  stream = new EventSource(`${base}/events?since=${seen}`);
  stream.onmessage = e => {
    refused = 0;
    const m = JSON.parse(e.data);
    tabs.postMessage({ me, id: e.lastEventId, m });
    apply(e.lastEventId, m);
  };
  stream.onerror = () => {
    if (stream?.readyState !== 2) return; // it connects again by itself
    leave();
    refused = Date.now();
    soon();
  };
};
const leave = () => { stream?.close(); stream = null; };
const step = () => {
  if (doc.hidden) return;
  if (stream) return tabs.postMessage({ me });
  if (Date.now() - heard < 5000 || refused && Date.now() - refused < 30000) return;
  lead();
};
tabs.onmessage = ({ data: d }) => {
  if (d.bye) { heard = 0; return setTimeout(step, Math.random() * 300); }
  if (d.ask) { if (stream) tabs.postMessage({ me }); return; }
  if (stream && d.me < me) leave();
  if (!stream) { heard = Date.now(); if (d.m && !doc.hidden) apply(d.id, d.m); }
};
const live = () => {
  if (doc.hidden) {
    if (stream) { leave(); tabs.postMessage({ bye: 1 }); }
    return;
  }
  heard = 0;
  tabs.postMessage({ ask: 1 });
  setTimeout(step, 100 + Math.random() * 200);
  ages();
};

// Keys.
const links = () => $$('[data-n]').filter(e => e.checkVisibility()).map(e => $('a', e)).filter(Boolean);
const move = by => {
  const all = links(), at = all.findIndex(a => a.closest('[data-n]') === doc.activeElement.closest('[data-n]'));
  all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)]?.focus();
};
const help = () => {
  let d = $('#keys');
  if (!d) {
    d = doc.createElement('dialog');
    d.id = 'keys';
    d.innerHTML = '<h2>Keys</h2><dl><dt><kbd>/</kbd><dd>filter<dt><kbd>j</kbd> <kbd>k</kbd><dd>next row, previous row<dt><kbd>Enter</kbd><dd>open the row<dt><kbd>Esc</kbd><dd>close this, leave the filter</dl><form method="dialog"><button>Close</button></form>';
    doc.body.append(d);
  }
  if (!d.open) d.showModal();
};
const keys = { '/': () => { $('#q')?.focus(); $('#q')?.select(); }, j: () => move(1), k: () => move(-1), '?': help };
doc.addEventListener('keydown', e => {
  const field = e.target.matches('input,textarea,select,[contenteditable]');
  if (e.key === 'Escape' && e.target.id === 'q') e.target.blur();
  if (field || e.ctrlKey || e.metaKey || e.altKey || !keys[e.key] || $('dialog[open]')) return;
  e.preventDefault();
  keys[e.key]();
});

ages();
setInterval(() => { if (!doc.hidden) ages(); }, 10000);
if (seen) {
  index();
  live();
  doc.addEventListener('visibilitychange', live);
  addEventListener('pagehide', () => { if (stream) { leave(); tabs.postMessage({ bye: 1 }); } });
  addEventListener('pageshow', e => { if (e.persisted) live(); });
  setInterval(step, 2000);
}
})();
