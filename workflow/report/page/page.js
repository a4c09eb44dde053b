"use strict";
// Filters, orders and folds the claims, and opens what an address names. Without it the page shows everything.
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const names = ["text", "study", "verdict", "order"];
  const field = (name) => form.querySelector("#filter-" + name);
  const table = document.querySelector(".claims");
  const groups = [...table.querySelectorAll("tbody")].map((body) => ({
    body,
    rows: [...body.querySelectorAll("tr.claim")],
    button: body.querySelector(".unfold"),
    open: body.dataset.group === "headlines",
  }));
  const all = groups.flatMap((group) => group.rows);
  // Rows in another order than the papers' stand here, without their groups.
  const flat = table.createTBody();
  flat.setAttribute("role", "rowgroup");
  const far = (row) => ("margin" in row.dataset ? Number(row.dataset.margin) : -Infinity);
  const orders = {
    verdict: (a, b) => a.dataset.rank - b.dataset.rank,
    margin: (a, b) => far(b) - far(a) || 0,
  };

  const update = () => {
    const words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const study = field("study").value;
    const verdict = field("verdict").value;
    const order = orders[field("order").value];
    const asked = words.length > 0 || verdict !== "";
    let shown = 0;
    for (const { body, rows, button, open } of groups) {
      let here = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const fits =
          (!study || row.dataset.study === study) &&
          (!verdict || row.dataset.verdict === verdict) &&
          words.every((word) => text.includes(word));
        // What is searched for is shown, folded or not.
        row.hidden = !fits || !(asked || open || order);
        here += fits ? 1 : 0;
        shown += row.hidden ? 0 : 1;
      }
      body.hidden = here === 0 || Boolean(order);
      button.hidden = asked;
      button.setAttribute("aria-expanded", String(open));
      button.textContent = open ? "Hide" : "Show";
      button.setAttribute("aria-label", button.textContent + " " + body.querySelector(".group-name").textContent);
      if (!order) body.append(...rows);
    }
    if (order) flat.append(...[...all].sort(order));
    table.classList.toggle("flat", Boolean(order));
    field("status").textContent = shown + " of " + all.length + " claims";
  };

  // The filters stand in the address: #scorecard?study=keck2012&order=margin
  const address = () => {
    const chosen = new URLSearchParams();
    for (const name of names) {
      const value = field(name).value;
      if (value && value !== "order") chosen.set(name, value);
    }
    history.replaceState(null, "", "#scorecard" + (String(chosen) && "?" + chosen));
  };
  const restore = () => {
    const [place, query] = location.hash.slice(1).split("?");
    if (place !== "scorecard" || query === undefined) return;
    const chosen = new URLSearchParams(query);
    for (const name of names) field(name).value = chosen.get(name) ?? (name === "order" ? "order" : "");
    for (const name of ["study", "verdict", "order"]) if (field(name).selectedIndex < 0) field(name).selectedIndex = 0;
    update();
    (document.getElementById("scorecard") ?? form).scrollIntoView();
  };

  // Whatever an address names is shown: a folded claim, or the inside of folded details.
  const reveal = () => {
    const place = decodeURIComponent(location.hash.slice(1));
    const target = place && document.getElementById(place);
    if (!target) return restore();
    const group = groups.find((each) => each.rows.includes(target));
    if (group && target.hidden) {
      for (const name of names) field(name).value = name === "order" ? "order" : "";
      group.open = true;
      update();
    }
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    target.scrollIntoView();
  };

  for (const group of groups) {
    group.button.addEventListener("click", () => {
      group.open = !group.open;
      update();
    });
  }
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    update();
    address();
  });
  window.addEventListener("hashchange", reveal);
  update();
  reveal();
})();
