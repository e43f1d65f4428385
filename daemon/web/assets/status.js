// Loads a status page again every minute, while somebody looks at it.
(() => {
'use strict';
const shown = () => document.getElementById('again')?.removeAttribute('hidden');
shown();
setInterval(async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href), old = document.querySelector('main');
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
    old.querySelectorAll('details').forEach((d, n) => { const same = next.querySelectorAll('details')[n]; if (same) same.open = d.open; });
    old.replaceWith(document.adoptNode(next));
    shown();
  } catch { // vega does not answer: the page says when it was read
  }
}, 60000);
})();
