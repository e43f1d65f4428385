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

{
  const field = document.getElementById("q");
  const rows = () => document.querySelectorAll("tr[data-n]");
  const itemOf = (tr) => ({
    name: tr.dataset.n, probe: tr.dataset.p, group: tr.closest("[data-g]").dataset.g,
    status: tr.querySelector(".status").classList[1], message: tr.querySelector(".msg").textContent,
  });

  // filter hides the rows that the query does not select, and groups without others. The
  // script app.js calls it again after it has changed rows.
  globalThis.filter = () => {
    if (!field || !("whole" in field.dataset)) return;
    const selects = matcher(field.value), names = new Set(), groups = new Map();
    for (const tr of rows()) {
      tr.hidden = !selects(itemOf(tr));
      if (!tr.hidden) names.add(tr.dataset.n);
      const group = tr.closest("details.group");
      if (group) groups.set(group, groups.get(group) || !tr.hidden);
    }
    for (const [group, some] of groups) group.hidden = !some;
    document.getElementById("found").textContent = field.value.trim() ? `${names.size} found` : "";
    return groups;
  };

  if (field && "whole" in field.dataset) {
    field.addEventListener("input", () => {
      const q = field.value.trim(), address = new URL(location);
      address.searchParams.delete("done");
      if (q) address.searchParams.set("q", q);
      else address.searchParams.delete("q");
      history.replaceState(null, "", address);
      for (const [group, some] of filter()) group.open = q ? some : "bad" in group.dataset;
    });
    if (field.value) filter(); // the browser has filled it in again
  }
}
