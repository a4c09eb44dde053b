"use strict";
// Filters, orders and folds the claims. Without it the page shows all of them, in the papers' order.
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const field = (name) => form.querySelector("#filter-" + name);
  const groups = [...document.querySelectorAll(".claims tbody")].map((body) => ({
    body,
    rows: [...body.querySelectorAll("tr.claim")],
    button: body.querySelector(".unfold"),
    open: body.dataset.group === "headlines",
  }));
  const orders = {
    order: () => 0,
    verdict: (a, b) => a.dataset.rank - b.dataset.rank,
    margin: (a, b) => a.dataset.margin - b.dataset.margin,
  };
  const all = groups.reduce((sum, group) => sum + group.rows.length, 0);

  const update = () => {
    const words = field("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const study = field("study").value;
    const verdict = field("verdict").value;
    const asked = words.length > 0 || verdict !== "";
    let shown = 0;
    for (const group of groups) {
      const { body, rows, button } = group;
      let here = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const fits =
          (!study || body.dataset.study === study) &&
          (!verdict || row.dataset.verdict === verdict) &&
          words.every((word) => text.includes(word));
        // What is searched for is shown, folded or not.
        row.hidden = !fits || !(asked || group.open);
        here += fits ? 1 : 0;
        shown += row.hidden ? 0 : 1;
      }
      body.hidden = here === 0;
      button.hidden = asked;
      button.setAttribute("aria-expanded", String(group.open));
      button.textContent = group.open ? "Hide" : "Show";
      button.setAttribute("aria-label", button.textContent + " " + body.querySelector(".group-name").textContent);
      body.append(...[...rows].sort(orders[field("order").value]));
    }
    field("status").textContent = shown + " of " + all + " claims";
  };
  const unfold = () => {
    const row = location.hash.startsWith("#claim-") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const group = row && groups.find((each) => each.rows.includes(row));
    if (!group || group.open) return;
    group.open = true;
    update();
    row.scrollIntoView();
  };

  for (const group of groups) {
    group.button.addEventListener("click", () => {
      group.open = !group.open;
      update();
    });
  }
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", update);
  window.addEventListener("hashchange", unfold);
  update();
  unfold();
})();
