"use strict";
// What the pages of a run, of a search and of a comparison share: how they read their
// data, write numbers, build elements, tables and charts, choose a theme and print.
// The script of the page itself follows in the same element.
//
// Everything shown comes from the JSON beside this. Text enters the page through
// textContent alone, so that no symbol, parameter or strategy name can be more than text.
const shell = (() => {
  const P = JSON.parse(document.getElementById("page").textContent);
  const T = P.text;
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);
  const main = $("main");

  const num = (value, places = 0) => {
    if (value === null || value === undefined || !Number.isFinite(Number(value))) return T.undefined;
    const n = Number(value);
    const text = Math.abs(n).toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
    return n < 0 && /[1-9]/.test(text) ? "\u2212" + text : text;
  };
  const percent = (share, places = 2) => (share === null || share === undefined ? T.undefined : `${num(share * 100, places)}\u00a0%`);
  const fill = (text, ...values) => text.replace(/\{(\d)\}/g, (_, i) => values[Number(i)]);

  const el = (tag, attributes = {}, ...children) => {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "class") e.className = value;
      else if (name === "text") e.textContent = value;
      else if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
      else if (name === "style") for (const [k, v] of Object.entries(value)) e.style.setProperty(k, v);
      else e.setAttribute(name, value);
    }
    for (const child of children.flat(Infinity)) if (child !== null && child !== undefined) e.append(child);
    return e;
  };
  const section = (id, title, lead, ...children) =>
    el("section", { id, "aria-labelledby": `${id}-title` },
      el("h2", { id: `${id}-title`, text: title }), lead ? el("p", { class: "lead", text: lead }) : null, ...children);
  // One figure of the headline; `value` is text or nodes.
  const card = (label, value, kind, ...small) => el("div", { class: "card" }, el("dt", { text: label }),
    el("dd", {}, el("div", { class: `big ${kind}`.trim() }, value), small.filter(Boolean).map((s) => el("div", { class: "small", text: s }))));
  // Cells are text or {text, class, node, name}; rows are cells, {cells, total} or {group}.
  const table = (head, rows, kind = "") => {
    const cell = (tag) => (c) => {
      const it = typeof c === "object" && c !== null ? c : { text: c };
      return el(tag, { class: it.class || null, "data-name": it.name || null, scope: tag === "th" ? "col" : null, text: it.node ? null : it.text }, it.node);
    };
    const line = (r) => (r.group ? el("tr", { class: "group" }, el("th", { colspan: head.length, scope: "colgroup", text: r.group }))
      : el("tr", { class: r.total ? "total" : null }, (r.cells || r).map(cell("td"))));
    return el("div", { class: `scroll ${kind}`.trim() }, el("table", {}, el("thead", {}, el("tr", {}, head.map(cell("th")))), el("tbody", {}, rows.map(line))));
  };

  const charts = [];
  // Filled from the style sheet whenever all is drawn.
  const colour = {};
  const readColours = () => {
    const style = getComputedStyle(root);
    for (const name of ["paper", "card", "ink", "soft", "faint", "line", "wash", "accent", "win", "loss", "win-wash", "loss-wash", "warn", "neutral"])
      colour[name] = style.getPropertyValue(`--${name}`).trim();
  };
  const narrow = () => window.innerWidth < 560;
  const axisLook = (more = {}) => ({
    axisLine: { lineStyle: { color: colour.line } }, axisTick: { lineStyle: { color: colour.line } },
    splitLine: { lineStyle: { color: colour.line, opacity: 0.7 } }, nameTextStyle: { color: colour.soft, fontSize: 11 }, ...more,
    axisLabel: { color: colour.soft, fontSize: 11, hideOverlap: true, ...(more.axisLabel || {}) },
  });
  const tip = (lines) => {
    const box = el("div", { class: "tip" });
    lines.filter(Boolean).forEach((line, i) => box.append(el(i === 0 ? "b" : "div", { text: line })));
    return box;
  };
  const tooltip = (formatter, more = {}) => ({
    backgroundColor: colour.card, borderColor: colour.line, textStyle: { color: colour.ink }, confine: true,
    transitionDuration: 0, formatter, ...more,
  });
  // Zoom by pinch, by wheel with the control key held, and by a slider.
  const zooms = (axes, bottom, shadow = true) => [
    { type: "inside", xAxisIndex: axes, filterMode: "none", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, preventDefaultMouseMove: false },
    { type: "slider", xAxisIndex: axes, filterMode: "none", bottom, height: 22, brushSelect: false, showDetail: false, showDataShadow: shadow,
      borderColor: colour.line, fillerColor: colour.accent + "22", handleStyle: { color: colour.card, borderColor: colour.faint },
      moveHandleStyle: { color: colour.faint, opacity: 0.5 }, dataBackground: { lineStyle: { color: colour.faint }, areaStyle: { color: colour.wash } },
      selectedDataBackground: { lineStyle: { color: colour.accent }, areaStyle: { color: colour.accent, opacity: 0.15 } } },
  ];
  const points = (curve, x = (s) => s * 1000) => curve.t.map((s, i) => [x(s), curve.v[i]]);
  const draw = (c) => {
    // The same instance every time: one that is thrown away may still have a frame to come.
    const first = !c.instance;
    if (first) c.instance = echarts.init(c.node, null, { renderer: "canvas" });
    else c.instance.resize();
    c.instance.setOption({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, useUTC: true, ...c.build() }, true);
    if (first && c.made) c.made(c.instance);
    if (c.drawn) c.drawn();
  };
  // `build` gives the options for the colours of the moment, `made` binds to the new
  // instance, `drawn` adds to each drawing.
  const chart = (kind, label, build, { made, drawn } = {}) => {
    const node = el("div", { class: `chart ${kind}`.trim(), role: "img", "aria-label": label });
    const c = { node, build, made, drawn, instance: null };
    charts.push(c);
    node.redraw = () => draw(c);
    return node;
  };
  const drawAll = () => { readColours(); charts.forEach(draw); };

  // The system's theme, until a reader chooses another.
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let wish = null;
  try { wish = localStorage.getItem("tickstep-theme"); } catch { /* a page without storage follows the system */ }
  const dark = () => (wish ? wish === "dark" : system.matches);
  const themeWords = { light: "", dark: "" };
  const themeButton = el("button", { type: "button", onclick: () => {
    wish = dark() ? "light" : "dark";
    try { localStorage.setItem("tickstep-theme", wish); } catch { /* as above */ }
    applyTheme(); drawAll();
  } });
  const applyTheme = () => {
    root.dataset.theme = dark() ? "dark" : "light";
    themeButton.textContent = dark() ? themeWords.light : themeWords.dark;
  };
  system.addEventListener("change", () => { applyTheme(); drawAll(); });

  // Title and theme; `light` and `dark` are what the button says.
  const begin = (title, facts, light, dark) => {
    Object.assign(themeWords, { light, dark });
    applyTheme();
    $("top").append(el("div", {}, el("h1", { text: title }), el("p", { text: facts.filter(Boolean).join(" \u00b7 ") })), themeButton);
  };
  // Footer, the contents of those `stops` that are there, and the first drawing.
  const finish = (footer, contents, stops) => {
    $("foot").append(el("p", { text: fill(footer, P.version) }));
    const nav = $("nav");
    nav.setAttribute("aria-label", contents);
    nav.append(el("div", {}, stops.filter(([id]) => $(id)).map(([id, text]) => el("a", { href: `#${id}`, text }))));
    if (!stops.length) nav.remove();
    drawAll();
    let width = window.innerWidth;
    window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; drawAll(); } });
    window.addEventListener("beforeprint", () => { root.dataset.theme = "light"; drawAll(); });
    window.addEventListener("afterprint", () => { applyTheme(); drawAll(); });
    // What the browser test waits for.
    root.dataset.ready = String(charts.length);
  };

  return { P, T, $, main, num, percent, fill, el, section, card, table, colour, narrow, axisLook, tip, tooltip, zooms, points, chart, begin, finish };
})();
