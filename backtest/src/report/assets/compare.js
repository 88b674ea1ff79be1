// Runs side by side: equity, what they differ in, every figure.
(() => {
  const { P, T, main, colour, percent, el, section, table, axisLook, tooltip, zooms, points, chart, begin, finish } = shell;

  begin(T.cmp_title, P.names, T.light, T.dark);
  const share = (v) => percent(v);
  const equity = chart("tall", T.cmp_equity, () => ({
    // Far enough apart in hue and lightness to be told from one another in both themes.
    color: [colour.accent, "#e08a1e", colour.win, "#b45fc9", colour.loss, "#6b8e23", "#20a4b8", colour.neutral],
    grid: { left: 8, right: 14, top: 40, bottom: 44, containLabel: true },
    legend: { top: 4, type: "scroll", textStyle: { color: colour.soft } },
    tooltip: tooltip(undefined, { trigger: "axis", renderMode: "richText", valueFormatter: share }),
    xAxis: { type: "time", ...axisLook({ splitLine: { show: false } }) },
    yAxis: { type: "value", scale: true, ...axisLook({ axisLabel: { formatter: share } }) },
    dataZoom: zooms([0], 8),
    series: P.curves.map((curve, i) => ({ name: P.names[i], type: "line", showSymbol: false, lineStyle: { width: 1.5 }, data: points(curve) })),
  }));
  const lines = (rows) => table(["", ...P.names], rows.map(([label, values]) => [label, ...values]), "fixed");
  main.append(section("equity", T.cmp_equity, null, equity),
    section("differences", T.cmp_differences, null, P.differences.length ? lines(P.differences) : el("p", { text: T.cmp_same })),
    section("figures", T.cmp_figures, null, lines(P.figures)));
  finish(T.footer, null, []);
})();
