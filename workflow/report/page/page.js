"use strict";
// Filters and orders the claims. Without it the page shows all of them, in the papers' order.
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const field = (name) => form.querySelector("#filter-" + name);
  const groups = [...document.querySelectorAll(".claims tbody")].map((body) => ({
    body,
    rows: [...body.querySelectorAll("tr.claim")],
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
    let shown = 0;
    for (const { body, rows } of groups) {
      let here = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const fits =
          (!study || body.dataset.study === study) &&
          (!verdict || row.dataset.verdict === verdict) &&
          words.every((word) => text.includes(word));
        row.hidden = !fits;
        here += fits ? 1 : 0;
      }
      body.hidden = here === 0;
      body.append(...[...rows].sort(orders[field("order").value]));
      shown += here;
    }
    field("status").textContent = shown + " of " + all + " claims";
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", update);
  update();
})();
