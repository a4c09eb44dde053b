// The living figures: the numbers of each figure, drawn by Vega-Lite when they come into view.
(() => {
  const packed = document.getElementById("numbers");
  if (!packed || !window.DecompressionStream) return;

  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };
  let loading;
  const library = () =>
    (loading ??= unpack("library").then((source) => {
      const script = document.createElement("script");
      script.textContent = source;
      document.head.append(script);
    }));

  // Okabe-Ito colours and their like; from the eleventh condition on, the dash changes.
  const COLOURS = {
    light: ["#0072b2", "#d55e00", "#117733", "#a6467f", "#7a6a00", "#2a8fbd", "#332288", "#882255", "#555555", "#b8860b"],
    dark: ["#4da3f0", "#f08c4a", "#5cc48a", "#ea8fc8", "#d8c64a", "#9be3f7", "#a79cf0", "#ff7b95", "#c0c4ca", "#c9a227"],
  };
  const DASHES = [[1, 0], [5, 3], [2, 2], [7, 2, 2, 2]];
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const said = (value) => String(Number(value.toPrecision(5))).replace("-", "−");

  // On a dark page, colours of print are mixed with white until they stand out.
  const lit = (hex) => {
    let rgb = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    const light = () => (0.2126 * rgb[0] ** 2.2 + 0.7152 * rgb[1] ** 2.2 + 0.0722 * rgb[2] ** 2.2) / 255 ** 2.2;
    while (light() < 0.2) rgb = rgb.map((value) => value + (255 - value) * 0.15);
    return "#" + rgb.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("");
  };

  // One condition has one look in all figures of a study: its colour in print, where it has one, and another dash
  // where the colour is another condition's, too.
  const looks = {};
  const look = (study, condition, given) => {
    const known = (looks[study] ??= new Map());
    if (!known.has(condition)) {
      const others = [...known.values()];
      known.set(condition, given
        ? { given, dash: others.filter((other) => other.given === given).length }
        : { place: others.filter((other) => !other.given).length });
    }
    const { given: print, place, dash = Math.floor(place / 10) } = known.get(condition);
    const screen = dark.matches ? "dark" : "light";
    return {
      colour: print ? (dark.matches ? lit(print) : print) : COLOURS[screen][place % 10],
      dash: DASHES[dash % DASHES.length],
    };
  };

  const rowsOf = (chart) =>
    Object.entries(chart.c).flatMap(([condition, points]) =>
      points.map(([x, mean, low, high, n, values]) => ({
        condition, x, mean, low, high, n, values,
        Condition: condition,
        x_: said(x),
        Mean: said(mean),
        interval: low === null ? "none: fewer than 3 seeds, or equal ones" : said(low) + " to " + said(high),
        hollow: Boolean(chart.doubt?.includes(condition)),
      })),
    );

  // The specification of one chart; `big` for the enlarged one.
  const specification = (chart, study, state, width, big) => {
    const rows = rowsOf(chart).filter((row) => !state.off.has(row.condition));
    const names = Object.keys(chart.c).filter((name) => !state.off.has(name));
    const scale = { domain: names, range: names.map((name) => look(study, name, chart.k?.[name]).colour) };
    const colour = { field: "condition", type: "nominal", scale, legend: null };
    const dash = { ...colour, scale: { domain: names, range: names.map((name) => look(study, name, chart.k?.[name]).dash) } };
    const across = chart.line ? "y" : "x";
    const value = { field: "mean", type: "quantitative", title: null, scale: { zero: false, nice: true }, axis: { tickCount: chart.line || big ? 5 : 3, labelOverlap: true, orient: chart.line ? "left" : names.length > 16 ? "top" : "bottom" } };
    const place = chart.line
      ? { field: "x", type: "quantitative", title: chart.x || null, scale: chart.log ? { type: "log", nice: false } : { zero: false, nice: true }, axis: { tickCount: 5, grid: false } }
      : { field: "condition", type: "nominal", sort: null, title: null, axis: { labelLimit: big ? 420 : 150, grid: false } };
    const along = chart.line ? "x" : "y";
    const tooltip = [
      { field: "Condition" },
      ...(chart.line ? [{ field: "x_", title: chart.x || "x" }] : []),
      { field: "Mean" },
      { field: "interval", title: "95 % interval" },
      { field: "n", title: "Seeds" },
      ...(chart.doubt ? [{ field: "hollow", title: "Doubtful fit" }] : []),
    ];
    const position = { [across]: value, [along]: place, color: colour };
    const bounds = { ...position, [across]: { ...value, field: "low" }, [across + "2"]: { field: "high" } };
    const longest = Math.max(0, ...Object.values(chart.c).map((points) => points.length));
    const layers = [];
    if (rows.some((row) => row.low !== null)) {
      const mark = chart.line && longest > 12 ? { type: "area", opacity: 0.16 } : { type: "rule", strokeWidth: 1.2 };
      layers.push({ transform: [{ filter: "isValid(datum.low)" }], mark, encoding: bounds });
    }
    if (chart.line) layers.push({ mark: { type: "line", strokeWidth: 1.8 }, encoding: { ...position, strokeDash: dash } });
    if (state.seeds && rows.some((row) => row.values.length)) {
      const seeds = { ...position, [across]: { ...value, field: "values" } };
      layers.push({ transform: [{ flatten: ["values"] }], mark: { type: "point", size: 14, opacity: 0.55, filled: true }, encoding: seeds });
    }
    if (longest <= 60) {
      layers.push({
        mark: { type: "point", size: big ? 60 : 38, strokeWidth: 1.6, opacity: 1 },
        encoding: { ...position, fill: { condition: { test: "datum.hollow", value: "transparent" }, ...colour } },
      });
    }
    // The marks to point at are larger than those that are seen.
    layers.push({ mark: { type: "point", size: 220, opacity: 0, filled: true, cursor: "crosshair" }, encoding: { ...position, tooltip } });
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      data: { values: rows },
      width,
      height: chart.line ? (big ? 380 : 190) : Math.max(1, names.length) * (big ? 24 : 17),
      autosize: { type: "fit-x", contains: "padding" },
      layer: layers,
      config: {
        background: "transparent",
        font: "system-ui, sans-serif",
        view: { stroke: null },
        axis: {
          labelColor: css("--muted"), titleColor: css("--muted"), gridColor: css("--line"), domainColor: css("--muted"),
          tickColor: css("--muted"), labelFontSize: 11, titleFontSize: 11, titleFontWeight: "normal",
        },
      },
    };
  };

  const draw = async (box, chart, study, state, label, big = false) => {
    await library();
    const width = Math.max(200, box.clientWidth);
    const made = await window.vegaEmbed(box, specification(chart, study, state, width, big), {
      actions: false, ast: true, renderer: "svg", mode: "vega-lite", tooltip: { theme: dark.matches ? "dark" : "light" },
    });
    const svg = box.querySelector("svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
    for (const each of svg.querySelectorAll("[role], [aria-label], [aria-roledescription], [aria-hidden]")) {
      for (const name of ["role", "aria-label", "aria-roledescription", "aria-hidden"]) each.removeAttribute(name);
    }
    box.finalize?.();
    box.finalize = () => made.finalize();
    box.dataset.drawn = "yes";
    if (!big && box.scrollHeight > box.clientHeight + 1) {
      Object.assign(box, { tabIndex: 0, role: "region", ariaLabel: "Drawing of " + label.slice(0, 40) });
    }
  };

  const summary = (chart) =>
    chart.y + ": " +
    Object.entries(chart.c).slice(0, 8).map(([name, points]) => {
      const [first, last] = [points[0], points[points.length - 1]].map((point) => said(point[1]));
      return name + " " + first + (points.length > 1 ? " to " + last : "");
    }).join(", ") + ".";

  const element = (tag, values = {}, ...inside) => {
    const made = Object.assign(document.createElement(tag), values);
    made.append(...inside);
    return made;
  };

  // The numbers of a chart as a table, for those who read rather than point.
  const tableOf = (chart) => {
    const head = ["Condition", ...(chart.line ? [chart.x || "x"] : []), "Mean", "95 % interval", "Seeds"];
    const body = element("tbody");
    for (const row of rowsOf(chart)) {
      const cells = [...(chart.line ? [row.x_] : []), row.Mean, row.low === null ? "none" : row.interval, row.n];
      body.append(element("tr", {}, element("th", { scope: "row", textContent: row.condition }), ...cells.map((text) => element("td", { textContent: text }))));
    }
    const heads = head.map((text) => element("th", { scope: "col", textContent: text }));
    return element("table", { className: "numbers" }, element("thead", {}, element("tr", {}, ...heads)), body);
  };

  const dialog = document.getElementById("enlarged");
  const enlarge = (title, chart, study, state) => {
    dialog.querySelector("h2").textContent = title;
    dialog.querySelector(".scroll").replaceChildren(tableOf(chart));
    dialog.showModal();
    draw(dialog.querySelector(".drawing"), chart, study, state, summary(chart), true);
  };

  // One figure: a card for each panel, and one set of conditions for all of them.
  const start = (living, charts) => {
    const study = living.dataset.study;
    const state = { off: new Set(), seeds: false };
    const cards = [];
    for (const panel of living.querySelectorAll(".panel")) {
      const its = charts.filter((chart) => chart.p === panel.dataset.panel);
      if (!its.length) continue;
      const box = element("div", { className: "chart" });
      const card = { box, chart: its[0], seen: false };
      // The room is taken before the drawing comes, so that nothing moves.
      const bars = Object.keys(its[0].c).length * 17;
      box.style.minHeight = Math.min(its[0].line ? 238 : bars + 40, 330) + "px";
      card.label = () => "Panel " + panel.dataset.panel + ", " + summary(card.chart);
      const heading = panel.querySelector("h4");
      if (its.length > 1) {
        const select = element("select", { ariaLabel: "Measure of panel " + panel.dataset.panel });
        select.append(...its.map((chart, place) => element("option", { value: place, textContent: chart.y })));
        select.addEventListener("change", () => {
          card.chart = its[select.value];
          redraw(card);
        });
        heading.querySelector(".measure").replaceWith(select);
      }
      const button = element("button", { type: "button", className: "enlarge", textContent: "Enlarge" });
      const title = document.getElementById(living.dataset.figure + "-heading").firstChild.textContent + " " + panel.dataset.panel;
      button.setAttribute("aria-label", "Enlarge " + title + " and show its numbers");
      button.addEventListener("click", () => enlarge(title + ": " + card.chart.y, card.chart, study, state));
      heading.append(button);
      heading.after(box);
      cards.push(card);
    }
    const redraw = (card) => card.seen && draw(card.box, card.chart, study, state, card.label());

    const controls = living.querySelector(".controls");
    // Where there are curves, the bars need no key: their names stand beside them.
    const keyed = charts.some((chart) => chart.line) ? charts.filter((chart) => chart.line) : charts;
    const names = [...new Set(keyed.flatMap((chart) => Object.keys(chart.c)))];
    const print = Object.assign({}, ...charts.map((chart) => chart.k ?? {}));
    const group = controls.querySelector(".conditions");
    for (const name of names) {
      const swatch = element("span", { className: "swatch" });
      const paint = () => {
        const { colour, dash } = look(study, name, print[name]);
        const [on, off] = dash;
        swatch.style.background = off ? `repeating-linear-gradient(90deg, ${colour} 0 ${on}px, transparent ${on}px ${on + off}px)` : colour;
      };
      paint();
      dark.addEventListener("change", paint);
      const button = element("button", { type: "button" }, swatch, name || "(no condition)");
      button.setAttribute("aria-pressed", "true");
      button.addEventListener("click", () => {
        const hide = !state.off.has(name);
        state.off[hide ? "add" : "delete"](name);
        button.setAttribute("aria-pressed", String(!hide));
        cards.forEach(redraw);
      });
      group.append(button);
    }
    const seeds = controls.querySelector("input");
    seeds.addEventListener("change", () => {
      state.seeds = seeds.checked;
      cards.forEach(redraw);
    });
    controls.hidden = false;

    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        watch.unobserve(entry.target);
        const card = cards.find((each) => each.box === entry.target);
        card.seen = true;
        redraw(card);
      }
    }, { rootMargin: "400px" });
    cards.forEach((card) => watch.observe(card.box));
    dark.addEventListener("change", () => cards.forEach(redraw));
  };

  unpack("numbers").then((text) => {
    const figures = JSON.parse(text);
    for (const living of document.querySelectorAll(".living")) {
      const charts = figures[living.dataset.figure] ?? [];
      if (charts.length) start(living, charts);
    }
    document.documentElement.dataset.ready = "yes";
    // The cards have moved what an address names.
    if (location.hash) window.dispatchEvent(new HashChangeEvent("hashchange"));
  });
})();
