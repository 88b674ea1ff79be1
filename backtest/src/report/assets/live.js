// Live against the backtest of the same span: where the gap comes from, and trade by trade.
(() => {
  const { P, T, main, colour, num, el, section, table, axisLook, tooltip, zooms, points, chart, begin, finish } = shell;

  begin(T.lv_title, [P.run, P.span], T.light, T.dark);
  const amount = (v) => num(v, 2);
  const gap = chart("tall", T.lv_gap, () => ({
    color: [colour.accent, "#e08a1e", colour.win, "#b45fc9", colour.loss, "#6b8e23", "#20a4b8", colour.neutral],
    grid: { left: 8, right: 14, top: 40, bottom: 44, containLabel: true },
    legend: { top: 4, type: "scroll", textStyle: { color: colour.soft } },
    tooltip: tooltip(undefined, { trigger: "axis", renderMode: "richText", valueFormatter: amount }),
    xAxis: { type: "time", ...axisLook({ splitLine: { show: false } }) },
    yAxis: { type: "value", scale: true, ...axisLook({ axisLabel: { formatter: amount } }) },
    dataZoom: zooms([0], 8),
    series: P.curves.map((curve, i) => ({ name: P.names[i], type: "line", showSymbol: false, lineStyle: { width: 1.5 }, data: points(curve) })),
  }));
  const lines = (rows) => table(["", ...P.names], rows.map(([label, values]) => [label, ...values]), "fixed");
  const head = [T.lv_account, T.lv_status, T.instrument, T.side, T.lv_entry_run, T.lv_entry_live, T.lv_prices_run, T.lv_prices_live, T.lv_gap_each];
  main.append(section("parts", T.lv_parts, T.lv_parts_lead, lines(P.parts), P.notes.map((note) => el("p", { text: note }))),
    section("gap", T.lv_gap, null, gap));
  if (P.unsent.length) main.append(section("unsent", T.lv_unsent, null, table([T.lv_account, T.lv_why, T.count], P.unsent)));
  main.append(section("trades", T.lv_trades, P.listed ? null : T.lv_not_all, table(head, P.trades)));
  finish(T.footer, null, []);
})();
