// The filter of the overview. matcher follows the rules of package query; its examples are
// in query/testdata/query.json.
"use strict";

// matcher returns a function that reports whether an item {name, group, probe, status,
// message} is selected by a query.
globalThis.matcher = (text) => {
  const fold = (s) => s.toLowerCase().replaceAll("ς", "σ");
  const glob = (pattern, text) => {
    const parts = pattern.split("*"), first = parts.shift(), last = parts.pop();
    if (last === undefined) return text === first;
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const part of parts) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
  const below = { group: "/", probe: "." };
  const terms = [];
  for (const [, not, field, quoted, plain] of fold(text).matchAll(/(-?)(?:(status|group|probe):)?(?:"([^"]*)"?|([^ \t\r\n]*))/g)) {
    const values = (quoted !== undefined ? [quoted] : field ? plain.split(",") : [plain]).filter(Boolean);
    if (values.length) terms.push([!!not, (text) => values.some((v) =>
      !field ? text.words.includes(v) : field === "status" ? text.status.startsWith(v) :
        glob(v, text[field]) || text[field].startsWith(v + below[field]))]);
  }
  return (item) => {
    const text = { status: fold(item.status), group: fold(item.group), probe: fold(item.probe) };
    text.words = [fold(item.name), text.group, text.probe, fold(item.message)].join("\n");
    return terms.every(([not, meets]) => meets(text) !== not);
  };
};

// The page has all rows if its field says so; otherwise the form asks vega. The field may be
// replaced with the page, so nothing is kept of it.
{
  const field = () => document.querySelector("#q[data-whole]");
  const itemOf = (tr) => ({
    name: tr.dataset.n, probe: tr.dataset.p, group: tr.closest("[data-g]").dataset.g,
    status: tr.querySelector(".status").classList[1], message: tr.querySelector(".msg").textContent,
  });

  // filter hides the rows that the query does not select, and the groups without others. It
  // returns the other groups. The script live.js calls it after it has replaced rows.
  globalThis.filter = () => {
    if (!field()) return;
    const q = field().value, selects = matcher(q), names = new Set(), some = new Set();
    for (const tr of document.querySelectorAll("tr[data-n]")) {
      tr.hidden = !selects(itemOf(tr));
      if (tr.hidden) continue;
      names.add(tr.dataset.n);
      some.add(tr.closest("details.group"));
    }
    for (const group of document.querySelectorAll("details.group")) group.hidden = !some.has(group);
    document.getElementById("found").textContent = q.trim() ? `${names.size} found` : "";
    return some;
  };

  document.addEventListener("input", (e) => {
    if (!field() || e.target !== field()) return;
    const q = field().value.trim(), address = new URL(location);
    for (const name of ["done", "page", "q"]) address.searchParams.delete(name);
    if (q) address.searchParams.set("q", q);
    history.replaceState(null, "", address);
    const some = filter();
    for (const group of document.querySelectorAll("details.group")) {
      group.open = q ? some.has(group) : "bad" in group.dataset;
      for (const fine of group.querySelectorAll("details.fine")) fine.open = !!q;
    }
  });
  if (field()?.value) filter(); // the browser may have filled it in
}
