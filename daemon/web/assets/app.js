// What every page has besides its HTML, which is whole without it: ages and keys.
(() => {
'use strict';
const doc = document, $ = s => doc.querySelector(s), $$ = s => [...doc.querySelectorAll(s)];

// ages says how long ago moments are. The absolute time becomes the tooltip.
const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
globalThis.ages = () => $$('time[data-age]').forEach(t => {
  t.title ||= t.textContent;
  const s = Math.round((Date.now() - Date.parse(t.dateTime)) / 1000), n = Math.abs(s);
  const [size, unit] = units.find(u => n >= u[0]) || units[3], text = `${Math.floor(n / size)} ${unit}`;
  t.textContent = s < 0 ? `in ${text}` : `${text} ago`;
});
ages();
setInterval(() => doc.hidden || ages(), 10000);

// move goes to the link of the next row that can be seen, or of the previous one.
const move = by => {
  const all = $$('[data-n]').filter(e => e.checkVisibility()), at = all.indexOf(doc.activeElement.closest('[data-n]'));
  all.at(at < 0 ? (by > 0 ? 0 : -1) : Math.min(Math.max(at + by, 0), all.length - 1))?.querySelector('a').focus();
};
const help = () => {
  if (!$('#keys')) {
    doc.body.insertAdjacentHTML('beforeend', '<dialog id="keys" aria-label="Keys"><h2>Keys</h2><dl><dt><kbd>/</kbd><dd>filter<dt><kbd>j</kbd> <kbd>k</kbd><dd>next and previous row<dt><kbd>Enter</kbd><dd>open the row<dt><kbd>Esc</kbd><dd>leave the filter, close this</dl><form method="dialog"><button>Close</button></form></dialog>');
  }
  $('#keys').showModal();
};
const keys = { '/': () => $('#q')?.select(), j: () => move(1), k: () => move(-1), '?': help };
doc.addEventListener('keydown', e => {
  if (e.key === 'Escape' && e.target.id === 'q') e.target.blur();
  if (e.target.matches('input,textarea,select') || e.ctrlKey || e.metaKey || e.altKey || !keys[e.key] || $('dialog[open]')) return;
  e.preventDefault();
  keys[e.key]();
});
})();
