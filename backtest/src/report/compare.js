"use strict";
(() => {
  const P = JSON.parse(document.getElementById("page").textContent);
  const T = P.text;
  const root = document.documentElement;
  const el = (tag, attributes = {}, ...children) => {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") e.textContent = value;
      else if (name === "class") e.className = value;
      else if (name === "onclick") e.addEventListener("click", value);
      else e.setAttribute(name, value);
    }
    e.append(...children.flat());
    return e;
  };
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let wish = null;
  const dark = () => (wish ? wish === "dark" : system.matches);
  const button = el("button", { type: "button", onclick: () => { wish = dark() ? "light" : "dark"; draw(); } });
  document.getElementById("top").append(el("div", {}, el("h1", { text: T.cmp_title }), el("p", { text: P.names.join(" \u00b7 ") })), button);
  const node = el("div", { class: "chart tall", role: "img", "aria-label": T.cmp_equity });
  const table = (lines) => el("div", { class: "scroll" }, el("table", { class: "fixed" },
    el("thead", {}, el("tr", {}, el("th", { text: "" }), P.names.map((n) => el("th", { text: n, scope: "col" })))),
    el("tbody", {}, lines.map(([label, values]) => el("tr", {}, el("td", { text: label }), values.map((v) => el("td", { text: v })))))));
  const section = (title, ...children) => el("section", {}, el("h2", { text: title }), ...children);
  document.getElementById("main").append(section(T.cmp_equity, node), section(T.cmp_differences, P.differences.length ? table(P.differences) : el("p", { text: T.cmp_same })), section(T.cmp_figures, table(P.figures)));
  let chart = null;
  const draw = () => {
    root.dataset.theme = dark() ? "dark" : "light";
    button.textContent = dark() ? T.light : T.dark;
    const style = getComputedStyle(root);
    const c = (name) => style.getPropertyValue(`--${name}`).trim();
    if (chart) chart.dispose();
    chart = echarts.init(node, null, { renderer: "canvas" });
    const look = { axisLine: { lineStyle: { color: c("line") } }, splitLine: { lineStyle: { color: c("line") } }, axisLabel: { color: c("soft"), hideOverlap: true } };
    const percent = (v) => `${(v * 100).toFixed(2)} %`;
    // Long enough apart in hue and lightness to be told from one another in both themes.
    const colours = [c("accent"), "#e08a1e", c("win"), "#b45fc9", c("loss"), "#6b8e23", "#20a4b8", c("neutral")];
    chart.setOption({
      animation: false, useUTC: true, color: colours,
      grid: { left: 8, right: 14, top: 40, bottom: 44, containLabel: true },
      legend: { top: 4, type: "scroll", textStyle: { color: c("soft") } },
      tooltip: { trigger: "axis", confine: true, backgroundColor: c("card"), borderColor: c("line"), textStyle: { color: c("ink") }, renderMode: "richText", valueFormatter: percent },
      xAxis: { type: "time", ...look, splitLine: { show: false } }, yAxis: { type: "value", scale: true, ...look, axisLabel: { color: c("soft"), formatter: percent } },
      dataZoom: [{ type: "inside", filterMode: "none", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false, preventDefaultMouseMove: false }, { type: "slider", filterMode: "none", bottom: 8, height: 22, showDetail: false }],
      series: P.curves.map((curve, i) => ({ name: P.names[i], type: "line", showSymbol: false, lineStyle: { width: 1.5 }, data: curve.t.map((s, j) => [s * 1000, curve.v[j]]) })),
    });
  };
  system.addEventListener("change", draw);
  let width = window.innerWidth;
  window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; draw(); } });
  draw();
  document.getElementById("foot").append(el("p", { text: T.footer.replace("{0}", P.version) }));
  document.getElementById("nav").remove();
  root.dataset.ready = "1";
})();
