// What changes on a page with <html data-live="GENERATION">. The parts of rows are described
// in row.go, the messages in events.go.
(() => {
'use strict';
const doc = document, root = doc.documentElement, base = root.dataset.base || '', now = Date.now;
const $ = (s, e = doc) => e.querySelector(s), $$ = (s, e = doc) => [...e.querySelectorAll(s)];
const set = (e, text) => { if (e && e.textContent !== text) e.textContent = text; };

// The statuses, the most harmful first. The digits of a bar are their places.
const statuses = ['unhealthy', 'degraded', 'unknown', 'healthy', 'disabled'], heights = [10, 8, 4, 6, 2];
const place = e => statuses.findIndex(s => e.classList.contains(s));
// label is ui.Status and ui.Counted. Its HTML has nothing of anyone else's.
const label = (n, count) => `<span class="status ${statuses[n]}"><span aria-hidden="true">${'✕▲?✓–'[n]}</span> ${count}${n === 2 ? "vega can't tell" : statuses[n]}</span>`;

// bar is ui.Beats. Only numbers get into its HTML.
const bar = (svg, beats) => {
  if (!svg || svg.dataset.b === beats) return;
  svg.dataset.b = beats;
  const paths = ['', '', '', '', ''], counts = [0, 0, 0, 0, 0];
  let x = svg.viewBox.baseVal.width - beats.length;
  for (const [run] of beats.matchAll(/([0-4])\1*/g)) {
    const n = +run[0], left = x;
    paths[n] += `M${left} ${10 - heights[n]}H${x += run.length}V10H${left}z`;
    counts[n] += run.length;
  }
  svg.innerHTML = `<title>last ${beats.length} run${beats.length === 1 ? '' : 's'}: ${statuses.flatMap((s, n) => counts[n] ? `${counts[n]} ${s}` : []).join(', ')}</title>` +
    statuses.map((s, n) => paths[n] && `<path class="${s}" d="${paths[n]}"/>`).join('');
};

// The elements of each integration. There may be two.
let rows;
const index = () => { rows = Map.groupBy($$('[data-n]'), e => e.dataset.n); };

// patch changes an element, and returns whether the status is another one.
const patch = (e, r) => {
  const status = $('.status', e), to = statuses.indexOf(r.s), other = status && place(status) !== to;
  if (other) status.outerHTML = label(to, '');
  set($('.ms', e), r.l);
  set($('.msg', e), r.m);
  bar($('.bar', e), r.b);
  const ran = $('.ran time', e);
  if (ran) ran.dateTime = ran.title = new Date().toISOString();
  return other;
};
const count = group => {
  const all = [0, 0, 0, 0, 0], to = $('.counts', group);
  $$('[data-n] .status', group).forEach(e => all[place(e)]++);
  if (to) to.innerHTML = all.map((c, n) => c ? label(n, c + ' ') + ' ' : '').join('');
};

// show puts the number of integrations that are not healthy into the title and the icon.
const show = counts => {
  if (!counts) return;
  const kinds = statuses.slice(0, 3).map(s => counts[s]), bad = kinds[0] + kinds[1] + kinds[2], link = $('link[rel=icon]');
  doc.title = (bad ? `(${bad}) ` : '') + doc.title.replace(/^\(\d+\) /, '');
  link.dataset.own ||= link.href;
  link.href = bad ? 'data:image/svg+xml,' + encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="${['#c62828', '#b26a00', '#6a3ab2'][kinds.findIndex(Boolean)]}"/><text x="16" y="23" font-family="sans-serif" font-size="${bad > 99 ? 15 : 20}" font-weight="bold" text-anchor="middle" fill="#fff">${bad > 999 ? '1k+' : bad}</text></svg>`) : link.dataset.own;
};

// load asks for the page again, or for the part of it that a status change affects, and puts
// it in place. It returns false if somebody is filling in a form there.
const busy = e => $$('input,textarea,select', e).some(f => f.id !== 'q' && f.type !== 'hidden' && (f === doc.activeElement || f.value !== f.defaultValue && f.type !== 'select-one'));
const key = d => (d.dataset.g ?? (d.id || d.textContent)) + ('bad' in d.dataset);
const load = async whole => {
  const what = whole ? '#main' : '#now', url = new URL(location), old = $(what);
  if (!old || busy(old)) return !old;
  if (!whole) url.searchParams.set('part', 'now');
  const answer = await fetch(url, { headers: { Accept: 'text/html' } });
  // The login asks for the key.
  if (answer.redirected) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html'), next = $(what, page);
  if (!answer.ok || !next || busy(old)) return false;
  const at = old.contains(doc.activeElement) && doc.activeElement, n = at && at.closest('[data-n]')?.dataset.n, q = $('#q', next);
  if (q) q.value = $('#q', old).value;
  const open = new Map($$('details', old).map(d => [key(d), d.open]));
  $$('details', next).forEach(d => { d.open = open.get(key(d)) ?? d.open; });
  if (whole) {
    seen = page.documentElement.dataset.live;
    doc.title = page.title;
  }
  // Stays as it is drawn.
  $$('[data-chart]', next).forEach(f => {
    const drawn = $$('[data-chart]', old).find(o => o.dataset.chart === f.dataset.chart && o.dataset.series === f.dataset.series);
    if (drawn) f.replaceWith(drawn);
  });
  old.replaceWith(doc.adoptNode(next));
  index();
  ages();
  globalThis.filter?.();
  if (at) (at.id ? doc.getElementById(at.id) : (rows.get(n) || []).flatMap(e => $$('a,button', e)).find(e => e.textContent === at.textContent))?.focus({ preventScroll: true });
  return true;
};

// soon loads what a patch can't show: at most every 5 seconds, and not with all others.
let wanted = 0, timer;
const soon = whole => {
  wanted = Math.max(wanted, whole || !$('#now') ? 2 : 1);
  timer ||= setTimeout(async () => {
    const what = wanted;
    wanted = 0;
    // If vega does not answer, the stream will.
    const done = await load(what > 1).catch(() => true);
    timer = setTimeout(() => {
      timer = 0;
      if (!done) wanted = Math.max(wanted, what);
      if (wanted) soon(wanted > 1);
    }, 5000);
  }, Math.random() * 1000);
};

// ahead is by how many messages an ID is ahead of the page, NaN after a restart of vega.
let seen = root.dataset.live;
const ahead = id => {
  const [epoch, n] = id.split('-'), [own, at] = seen.split('-');
  return epoch === own ? n - at : NaN;
};
// apply shows a message, if it follows what the page has seen.
const apply = (id, m) => {
  const n = ahead(id), at = seen.split('-')[1];
  if (!(n <= 0) && !(n > 0 && m.from <= at && !(m.reload > at))) return soon(true);
  show(m.count);
  if (n <= 0) return;
  seen = id;
  const moved = new Set(m.rows.flatMap(r => rows.get(r.n)?.filter(e => patch(e, r)) || []).map(e => e.closest('.group')));
  moved.forEach(group => group && count(group));
  if ($('#q')?.value) globalThis.filter?.();
  const known = $('[data-known]');
  if (moved.size || known && known.dataset.known !== m.known) soon();
};

// offline says that the page does not change by itself.
const offline = since => {
  if (!since) return $('#offline')?.remove();
  if (!$('#offline')) $('#main').insertAdjacentHTML('beforebegin', '<p id="offline" class="notice warning" role="status"></p>');
  set($('#offline'), `Not live since ${new Date(since).toLocaleTimeString()}: vega does not answer, or too many browsers are open. This page tries again.`);
};

// One tab of the browser has the stream, and passes on what it gets. It says that it is there
// every 2 seconds; the others take over after 5. A tab that is hidden takes no part.
const me = Math.random(), tabs = new BroadcastChannel('vega' + base);
let stream, last, off = 0, heard = 0, refused = 0;
const say = (id, m) => tabs.postMessage({ me, id, m, off });
const alive = () => {
  last = now();
  off = refused = 0;
  offline();
};
const leave = () => {
  stream?.close();
  stream = null;
};
const lost = () => offline(off ||= now());
const lead = () => {
  last = now();
  stream = new EventSource(`${base}/events?since=${seen}`);
  stream.onmessage = e => {
    alive();
    const m = JSON.parse(e.data);
    say(e.lastEventId, m);
    apply(e.lastEventId, m);
  };
  stream.addEventListener('alive', alive);
  stream.onerror = () => {
    lost();
    // It connects again by itself.
    if (stream?.readyState !== 2) return;
    leave();
    refused = now();
    soon(true);
  };
};
const step = () => {
  if (doc.hidden) return;
  if (stream && now() - last < 40000) return say(seen);
  if (stream) lost();
  leave();
  if (now() - heard > 5000 && now() - refused > 30000) lead();
};
tabs.onmessage = ({ data: d }) => {
  if (doc.hidden) return;
  if (d.bye) {
    heard = 0;
    setTimeout(step, Math.random() * 300);
  } else if (d.ask) {
    if (stream) say(seen);
  } else if (stream && d.me < me) leave();
  if (stream || !d.me) return;
  heard = now();
  offline(off = d.off);
  if (d.m) apply(d.id, d.m);
  else if (!(ahead(d.id) <= 0)) soon(true);
};
const end = () => {
  if (!stream) return;
  leave();
  tabs.postMessage({ bye: 1 });
};
const begin = () => {
  if (doc.hidden) return end();
  heard = refused = 0;
  tabs.postMessage({ ask: 1 });
  setTimeout(step, 100 + Math.random() * 200);
  ages();
};
index();
begin();
doc.addEventListener('visibilitychange', begin);
addEventListener('pagehide', end);
addEventListener('pageshow', e => e.persisted && begin());
setInterval(step, 2000);
})();
