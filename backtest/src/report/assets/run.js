// A run: what it earned, where, when and why, over its bars.
(() => {
  const { P, T, $, main, num, percent, fill, el, section, card, table, colour, narrow, axisLook, tip, tooltip, zooms, points, chart, begin, finish } = shell;
  const S = P.stats;

  const minus = (text) => text.replace(/(^|[\s:])-(?=\d)/g, "$1\u2212");
  const money = (value, places = P.places) => `${num(value, places)} ${P.currency}`;
  const short = (value) => num(value, Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : P.places === 8 ? 6 : 2);
  const tone = (value) => (Number(value) > 0 ? "win" : Number(value) < 0 ? "loss" : "");
  const exitWord = (name) => T[`exit_${name}`] || name;
  const spikeWord = (name) => T[`spike_${name}`] || name;
  const sideWord = (long) => (long ? T.long : T.short);
  const outcomeWord = (name) => T[`outcome_${name}`] || name;

  // Times are drawn on the clock of the zone at the start of the run, so that an axis
  // never runs backwards; what is printed follows every change of the clock.
  const shift = P.offsets[0][1];
  const offsetAt = (s) => {
    let offset = shift;
    for (const [from, seconds] of P.offsets) if (s >= from) offset = seconds;
    return offset;
  };
  const pad = (n) => String(n).padStart(2, "0");
  const at = (s, what = "minute") => {
    const d = new Date((s + offsetAt(s)) * 1000);
    const date = `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
    if (what === "day") return date;
    return `${date} ${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`;
  };
  const X = (s) => (s + shift) * 1000;
  const secondsOf = (x) => Math.round(x / 1000) - shift;
  const axisTime = (x) => {
    const s = secondsOf(x);
    const d = new Date((s + offsetAt(s)) * 1000);
    if (d.getUTCHours() + d.getUTCMinutes() > 0) return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`;
    return d.getUTCDate() === 1 ? `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}` : `${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
  };

  // A bar in a table, from zero to its value on the range of all of its column.
  const bar = (value, low, high) => {
    const range = high - low || 1;
    const zero = ((0 - low) / range) * 100;
    const width = (Math.abs(value) / range) * 100;
    return el("span", { class: "bars", "aria-hidden": "true", style: { "--zero": `${zero}%` } },
      el("i", { class: value > 0 ? "up" : "", style: { left: `${value > 0 ? zero : zero - width}%`, width: `${width}%` } }));
  };
  const range = (values) => [Math.min(0, ...values), Math.max(0, ...values)];

  // The inverse of candles.rs: Rice-coded differences, each of four with its own mean.
  const unpack = (level) => {
    const bytes = Uint8Array.from(atob(level.packed), (c) => c.charCodeAt(0));
    const count = level.runs.reduce((n, r) => n + r[1], 0);
    const time = new Float64Array(count), o = new Float64Array(count), h = new Float64Array(count),
      l = new Float64Array(count), c = new Float64Array(count);
    const sum = [4, 4, 4, 4], seen = [1, 1, 1, 1];
    let place = 0;
    const bit = () => { const b = (bytes[place >> 3] >> (7 - (place & 7))) & 1; place += 1; return b; };
    const read = (i) => {
      let k = 0;
      while (seen[i] * 2 ** k < sum[i] && k < 30) k += 1;
      let q = 0;
      while (q < 24 && bit()) q += 1;
      let n = q === 24 ? 0 : q;
      for (let w = q === 24 ? 52 : k; w > 0; w -= 1) n = n * 2 + bit();
      sum[i] += Math.min(n, 1048576); seen[i] += 1;
      if (seen[i] === 32) { sum[i] = Math.floor(sum[i] / 2); seen[i] = 16; }
      return n;
    };
    const signed = (z) => (z % 2 ? -(z + 1) / 2 : z / 2);
    let i = 0, before = 0;
    for (const [start, length] of level.runs) {
      for (let j = 0; j < length; j += 1, i += 1) {
        time[i] = start + j * level.interval;
        o[i] = before + signed(read(0));
        c[i] = o[i] + signed(read(1));
        h[i] = Math.max(o[i], c[i]) + read(2);
        l[i] = Math.min(o[i], c[i]) - read(3);
        before = c[i];
      }
    }
    return { interval: level.interval, time, o, h, l, c };
  };
  const firstAt = (times, s) => {
    let low = 0, high = times.length;
    while (low < high) { const mid = (low + high) >> 1; if (times[mid] < s) low = mid + 1; else high = mid; }
    return low;
  };
  const STEPS = [60, 300, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 259200, 604800, 2592000];
  // Candles for the time in view, joined until they are wide enough to be seen.
  const view = (levels, from, to, most) => {
    const span = Math.max(to - from, 1);
    const fine = levels[levels.length - 1];
    let level = levels[0];
    if (fine !== level && span / fine.interval <= most * 1.5) level = fine;
    let step = level.interval;
    if (span / step > most) step = STEPS.find((s) => s > level.interval && s % level.interval === 0 && span / s <= most) || Math.ceil(span / most / level.interval) * level.interval;
    const out = [];
    const join = (source, keep) => {
      const end = firstAt(source.time, to);
      let last = null;
      for (let i = firstAt(source.time, from - step); i < end; i += 1) {
        const t = source.time[i];
        if (keep && !keep(t)) continue;
        const start = step > source.interval ? Math.floor(t / step) * step : t;
        if (last && last.t === start) {
          last.h = Math.max(last.h, source.h[i]); last.l = Math.min(last.l, source.l[i]); last.c = source.c[i];
        } else { last = { t: start, o: source.o[i], h: source.h[i], l: source.l[i], c: source.c[i], width: Math.max(step, source.interval) }; out.push(last); }
      }
    };
    join(level);
    // Away from trades there are coarser bars only: they stand between the fine ones.
    if (level === fine && fine !== levels[0]) {
      const whole = levels[0];
      join(whole, (t) => { const i = firstAt(fine.time, t); return !(i < fine.time.length && fine.time[i] < t + whole.interval); });
      out.sort((a, b) => a.t - b.t);
    }
    return { bars: out, step };
  };

  const period = P.span ? `${at(P.span[0])} \u2013 ${at(P.span[1])} (${P.zone})` : T.nothing;
  begin(fill(T.title, P.title), [P.trades.strategies.join(", "), period], T.light, T.dark);

  // The headline: what came of it in a sentence, and eight figures.
  const figure = {};
  P.groups.forEach((g) => g.rows.forEach(([key, , value]) => { figure[key] = minus(value); }));
  const o = S.outcome, e = S.edge, t = S.trades, r = S.risk, q = S.ratios;
  const word = (value, show, why) => (value === null ? [why, "words"] : [show(value), ""]);
  const why = (label) => figure[label];
  const cards = el("dl", { class: "cards" });
  const b = P.bounds;
  const cash = Number(o.starting_cash);
  const boundWords = (show) => (b ? [
    fill(b.scenario ? T.scenario : T.bounds, show(b.worst), show(b.best)),
    fill(T.ambiguous_bars, num(b.ambiguous_bars, 0), money(b.ambiguous_pnl)),
  ] : [t.ambiguous > 0 ? fill(T.assumed, num(t.ambiguous, 0)) : T.none_assumed]);
  cards.append(card(T.net_profit, [`${num(o.net_profit, P.places)} `, el("span", { class: "unit", text: P.currency })], tone(o.net_profit), ...boundWords((v) => money(v))));
  {
    const [text, kind] = word(o.total_return, (v) => percent(v), why("Return [%]"));
    cards.append(card(T.total_return, text, kind || tone(o.total_return), ...(b ? boundWords((v) => percent(Number(v) / cash)).slice(0, 1) : []),
      o.buy_hold_return === null ? null : fill(T.buy_hold, percent(o.buy_hold_return))));
  }
  {
    const [text, kind] = word(e.net_bps, (v) => `${num(v, 2)} bps`, why("Net [bps a trade]"));
    cards.append(card(T.net_trade, text, kind || tone(e.net_bps),
      e.gross_bps === null ? null : fill(T.edge_less_costs, num(e.gross_bps, 2), num(e.cost_bps, 2))));
  }
  {
    const [text, kind] = word(e.break_even_side_bps, (v) => `${num(v, 2)} bps`, why("Break-even Cost [bps a side]"));
    cards.append(card(T.break_even, text, kind, e.cost_side_bps === null ? null : fill(T.paid_a_side, num(e.cost_side_bps, 2))));
  }
  {
    const [text, kind] = word(r.max_drawdown, (v) => percent(v), why("Max. Drawdown [%]"));
    cards.append(card(T.max_drawdown, text, kind, `${T.longest}: ${why("Max. Drawdown Duration")}`));
  }
  {
    const [text, kind] = word(t.profit_factor, (v) => num(v, 2), why("Profit Factor"));
    cards.append(card(T.profit_factor, text, kind, `${T.payoff}: ${why("Payoff Ratio")}`));
  }
  {
    const [text, kind] = word(t.win_rate, (v) => percent(v, 1), why("Win Rate [%]"));
    cards.append(card(T.trades, num(t.count, 0), "", `${T.win_rate}: ${kind ? text : text}`, `${T.expectancy}: ${why("Expectancy")}`));
  }
  {
    const [text, kind] = word(q.sharpe, (v) => num(v, 2), why("Sharpe Ratio"));
    cards.append(card(T.sharpe, text, kind, q.sample === "insufficient" ? T.insufficient : fill(T.sharpe_basis, num(q.days, 0)), `PSR: ${why("Probabilistic Sharpe Ratio")}`));
  }
  const claims = el("ul", { class: "claims" }, P.claims.map((c) => el("li", { class: c.tone, text: minus(c.text) })));
  const alerts = [...P.warnings];
  if (alerts.length) main.append(el("p", { class: "alert" }, el("b", { text: fill(T.warnings_head, alerts.length) + " " }), el("a", { href: "#data", text: T.see_data })));
  main.append(el("section", { class: "bare", id: "result", "aria-label": T.nav_result }, claims, cards));
  if (P.assumed.length) main.append(section("assumed", T.assumed_title, T.assumed_lead, el("dl", { class: "assumed" },
    P.assumed.map(([label, value]) => el("div", {}, el("dt", { text: label }), el("dd", { text: value }))))));

  // Equity and drawdown, zoomed together by hand, wheel or keys.
  const keyed = (node, move) => {
    node.tabIndex = 0;
    node.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-0.2, 1], ArrowRight: [0.2, 1], "+": [0, 0.5], "=": [0, 0.5], "-": [0, 2] }[event.key];
      if (by) { event.preventDefault(); move(...by); }
    });
  };
  const zoomBy = (instance) => (pan, scale) => {
    const z = instance.getOption().dataZoom[0];
    const width = Math.min(100, Math.max(0.005, (z.end - z.start) * scale));
    const middle = (z.start + z.end) / 2 + pan * (z.end - z.start);
    const start = Math.min(100 - width, Math.max(0, middle - width / 2));
    instance.dispatchAction({ type: "dataZoom", start, end: start + width });
  };
  if (P.equity.t.length) {
    const widest = Math.max(...[Math.max(...P.equity.v), Math.min(...P.equity.v)].map((v) => short(v).length));
    const edge = () => Math.max(46, widest * 6.5 + 12);
    const node = chart("tall", T.equity_label, () => ({
      // One left edge for both, so that what lies above one another happened at one time.
      grid: [{ left: edge(), right: 30, top: 26, height: "50%", outerBoundsMode: "none" }, { left: edge(), right: 30, top: "69%", bottom: 58, outerBoundsMode: "none" }],
      axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: colour.faint } },
      tooltip: tooltip((items) => tip([at(secondsOf(items[0].value[0])), ...items.map((i) => (i.seriesIndex === 0 ? `${T.equity}: ${money(i.value[1])}` : `${T.drawdown}: ${percent(i.value[1])}`))]), { trigger: "axis" }),
      xAxis: [0, 1].map((i) => ({ type: "time", gridIndex: i, ...axisLook({ splitLine: { show: false }, axisLabel: { formatter: axisTime, show: i === 1, alignMinLabel: "left", alignMaxLabel: "right" } }), axisTick: { show: i === 1 } })),
      yAxis: [
        { type: "value", scale: true, gridIndex: 0, name: `${T.equity} (${P.currency})`, ...axisLook({ axisLabel: { formatter: short } }), nameTextStyle: { color: colour.soft, fontSize: 11, align: "left" } },
        { type: "value", gridIndex: 1, max: 0, min: r.max_drawdown ? null : -0.01, splitNumber: 3, name: T.drawdown, ...axisLook({ axisLabel: { formatter: (v) => `${num(v * 100, Math.abs(r.max_drawdown) < 0.02 ? 2 : 0)}%` } }), nameTextStyle: { color: colour.soft, fontSize: 11, align: "left" } },
      ],
      dataZoom: zooms([0, 1], 6),
      series: [
        { name: T.equity, type: "line", showSymbol: false, data: points(P.equity, X), lineStyle: { width: 1.4, color: colour.accent }, itemStyle: { color: colour.accent }, areaStyle: { color: colour.accent, opacity: 0.07, origin: "start" },
          markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: colour.faint, type: "dashed" }, data: [{ yAxis: cash }] } },
        { name: T.drawdown, type: "line", showSymbol: false, xAxisIndex: 1, yAxisIndex: 1, data: points(P.drawdown, X), lineStyle: { width: 1, color: colour.loss }, itemStyle: { color: colour.loss }, areaStyle: { color: colour.loss, opacity: 0.18 } },
      ],
    }), { made: (instance) => { equityZoom = zoomBy(instance); } });
    let equityZoom = () => {};
    keyed(node, (...by) => equityZoom(...by));
    main.append(section("equity", T.equity_title, T.equity_lead, node));
  }

  // Price with entries and exits, as fine as the time in view allows.
  const D = P.trades;
  const tradeLines = (i) => [
    `#${D.number[i]} ${D.instruments[D.instrument[i]]} ${sideWord(D.long[i])}`,
    `${at(D.entry[i])} \u2192 ${at(D.exit[i])}`, `${D.entry_price[i]} \u2192 ${D.exit_price[i]} \u00d7 ${D.quantity[i]}`,
    `${T.net}: ${money(D.net[i])} (${T.before_costs} ${num(D.before[i], P.places)}, ${T.costs} ${num(D.costs[i], P.places)})`,
    `${T.exit}: ${exitWord(D.why[i])}${D.ambiguous[i] ? ` (${T.ambiguous})` : ""}`, D.reason[i] ? `${T.entry}: ${D.reason[i]}` : "",
  ];
  let showTrade = null;
  if (P.candles.length) {
    let which = 0, current = -1, instance = null, limits = [0, 1], drawn = "";
    const levels = new Map();
    const levelsOf = (i) => {
      if (!levels.has(i)) levels.set(i, [P.candles[i].whole, P.candles[i].near].filter(Boolean).map(unpack));
      return levels.get(i);
    };
    const mine = () => { const name = D.instruments.indexOf(P.candles[which].symbol); return D.number.map((_, i) => i).filter((i) => D.instrument[i] === name); };
    let own = mine();
    const seen = el("span", { class: "seen", "aria-live": "polite" });
    const extent = () => { const all = levelsOf(which)[0]; const n = all.time.length; limits = n ? [all.time[0], all.time[n - 1] + all.interval] : [0, 1]; };
    const markers = (from, to, wide) => {
      const groups = { wins: [], losses: [], longs: [], shorts: [], lines: [] };
      for (const i of own) {
        if (D.exit[i] < from || D.entry[i] > to) continue;
        const entry = [X(D.entry[i]), Number(D.entry_price[i]), i], exit = [X(D.exit[i]), Number(D.exit_price[i]), i];
        if (wide) { (D.net[i] > 0 ? groups.wins : groups.losses).push(entry); continue; }
        (D.long[i] ? groups.longs : groups.shorts).push(entry);
        (D.net[i] > 0 ? groups.wins : groups.losses).push(exit);
        groups.lines.push([{ coord: entry.slice(0, 2), lineStyle: { color: D.net[i] > 0 ? colour.win : colour.loss } }, { coord: exit.slice(0, 2) }]);
      }
      return groups;
    };
    const inner = () => Math.max(instance.getWidth() - 80, 120);
    // Candles that can be told from one another.
    const room = () => Math.max(60, Math.floor(inner() / 4));
    const refresh = () => {
      if (!instance) return;
      const z = instance.getOption().dataZoom[0];
      const from = limits[0] + ((limits[1] - limits[0]) * z.start) / 100, to = limits[0] + ((limits[1] - limits[0]) * z.end) / 100;
      const key = `${which} ${from} ${to} ${instance.getWidth()}`;
      if (key === drawn) return;
      drawn = key;
      const { bars, step } = view(levelsOf(which), from, to, room());
      const tick = Number(P.candles[which].tick);
      const places = (P.candles[which].tick.split(".")[1] || "").length;
      const price = (ticks) => Number((ticks * tick).toFixed(places));
      const count = own.filter((i) => D.exit[i] >= from && D.entry[i] <= to).length;
      const wide = count > 120;
      const m = markers(from, to, wide);
      const width = Math.max(1, Math.min(14, ((inner() * step) / Math.max(to - from, 1)) * 0.72));
      let low = Infinity, high = -Infinity;
      for (const bar of bars) { low = Math.min(low, bar.l); high = Math.max(high, bar.h); }
      const gap = Math.max((high - low) * 0.05, 1);
      const dot = wide ? 3 : 8;
      const edge = { borderWidth: wide ? 0 : 1 };
      instance.setOption({
        yAxis: bars.length ? { min: price(Math.floor(low - gap)), max: price(Math.ceil(high + gap)) } : {},
        series: [
          // A candle stands at the middle of its time.
          { id: "bars", barWidth: width, data: bars.map((bar) => [X(bar.t + bar.width / 2), price(bar.o), price(bar.c), price(bar.l), price(bar.h), bar.t]) },
          { id: "wins", symbolSize: dot, itemStyle: edge, large: wide, data: m.wins }, { id: "losses", symbolSize: dot, itemStyle: edge, large: wide, data: m.losses },
          { id: "longs", data: m.longs }, { id: "shorts", data: m.shorts },
          { id: "lines", markLine: { data: m.lines } },
        ],
      });
      const unit = step < 3600 ? fill(T.minutes, step / 60) : step < 86400 ? fill(T.hours, step / 3600) : fill(T.days, Math.round(step / 86400));
      seen.textContent = `${at(from)} \u2013 ${at(to)} \u00b7 ${fill(T.candles_of, unit)} \u00b7 ${fill(T.trades_here, num(count, 0))}`;
    };
    let waiting = false;
    const later = () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; refresh(); }); } };
    const zoomTo = (from, to) => {
      const whole = limits[1] - limits[0];
      instance.dispatchAction({ type: "dataZoom", start: Math.max(0, ((from - limits[0]) / whole) * 100), end: Math.min(100, ((to - limits[0]) / whole) * 100) });
      refresh();
    };
    const marker = (id, symbol, color, border) => ({ id, type: "scatter", symbol, symbolSize: 9, data: [], itemStyle: { color, borderColor: border, borderWidth: 1 }, z: 5, largeThreshold: 300, progressive: 0 });
    const node = chart("tall", T.price_label, () => ({
      grid: { left: 8, right: 30, top: 14, bottom: 48, containLabel: true },
      tooltip: tooltip((item) => {
        if (item.seriesId === "bars") {
          const [, open, close, low, high, start] = item.value;
          return tip([at(start), `${T.open} ${open}`, `${T.high} ${high}`, `${T.low} ${low}`, `${T.close} ${close}`]);
        }
        return item.value && item.value.length === 3 ? tip(tradeLines(item.value[2])) : "";
      }, { trigger: "item" }),
      xAxis: { type: "time", min: X(limits[0]), max: X(limits[1]), ...axisLook({ splitLine: { show: false }, axisLabel: { formatter: axisTime, alignMinLabel: "left", alignMaxLabel: "right" } }) },
      yAxis: { type: "value", scale: true, ...axisLook({ axisLabel: { showMinLabel: false, showMaxLabel: false } }) },
      // No outline behind the slider: of the bars in view alone it would be a wrong one.
      dataZoom: zooms([0], 8, false),
      series: [
        { id: "bars", type: "candlestick", data: [], clip: true, itemStyle: { color: colour.win + "aa", color0: colour.loss + "aa", borderColor: colour.win, borderColor0: colour.loss, borderColorDoji: colour.soft, borderWidth: 1 } },
        { id: "lines", type: "line", data: [], markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { width: 1.3, type: "solid", opacity: 0.9 }, data: [] } },
        marker("wins", "circle", colour.win, colour.card), marker("losses", "circle", colour.loss, colour.card),
        { ...marker("longs", "triangle", colour.accent, colour.card), symbolSize: 11, symbolOffset: [0, 4] },
        { ...marker("shorts", "triangle", colour.ink, colour.card), symbolSize: 11, symbolRotate: 180, symbolOffset: [0, -4] },
      ],
    }), {
      made: (it) => { instance = it; it.on("datazoom", later); it.on("click", (item) => { if (item.value && item.value.length === 3) go(item.value[2]); }); },
      drawn: () => { drawn = ""; refresh(); },
    });
    extent();
    const go = (i) => {
      current = own.indexOf(i);
      // As far as the finest candles can be drawn: closer on a phone than on a desk.
      const interval = levelsOf(which).at(-1).interval;
      const held = (D.exit[i] - D.entry[i]) / interval;
      const around = Math.max(8, Math.min(40, Math.floor((room() - held) / 2) - 1)) * interval;
      zoomTo(D.entry[i] - around, D.exit[i] + around);
      seen.textContent = tradeLines(i).slice(0, 4).join(" \u00b7 ");
    };
    const step = (by) => {
      if (!own.length) return;
      current = current < 0 ? (by > 0 ? 0 : own.length - 1) : (current + by + own.length) % own.length;
      go(own[current]);
    };
    const choose = (i) => { which = i; own = mine(); current = -1; extent(); node.redraw(); };
    showTrade = (i) => {
      const wanted = P.candles.findIndex((c) => c.symbol === D.instruments[D.instrument[i]]);
      if (wanted >= 0 && wanted !== which) { choose(wanted); if (picker) picker.value = String(wanted); }
      $("price").scrollIntoView({ behavior: "instant" });
      go(i);
    };
    const picker = P.candles.length > 1 ? el("select", { "aria-label": T.by_instrument, onchange: (event) => choose(Number(event.target.value)) },
      P.candles.map((c, i) => el("option", { value: i, text: c.symbol }))) : null;
    keyed(node, (...by) => zoomBy(instance)(...by));
    main.append(section("price", T.price_title, T.price_lead,
      el("div", { class: "tools" }, picker, el("button", { type: "button", text: T.previous, onclick: () => step(-1) }), el("button", { type: "button", text: T.next, onclick: () => step(1) }),
        el("button", { type: "button", text: T.whole, onclick: () => zoomTo(...limits) }), seen),
      node, el("p", { class: "note", text: T.price_keys }),
      D.number.length < D.count ? el("p", { class: "note", text: fill(T.not_all, num(D.number.length, 0), num(D.count, 0)) }) : null));
  } else {
    main.append(section("price", T.price_title, null, el("p", { class: "alert", text: T.no_prices }), el("p", { class: "note", text: P.no_candles || "" })));
  }

  // Costs: where the gross result went, and the net result at other costs.
  if (t.count) {
    const c = Object.fromEntries(Object.entries(P.costs).map(([k, v]) => [k, Number(v)]));
    const taken = c.fees + c.slippage + c.funding;
    const steps = [[T.before_costs, c.before], [T.fees, -c.fees], [T.slippage, -c.slippage], [T.funding, -c.funding], [T.net, c.net]];
    const words = c.before > 0 ? fill(T.costs_took, percent(taken / c.before, 1), money(c.before)) : fill(T.costs_no_gross, money(c.before), money(taken));
    const fall = chart("", T.costs_title, () => {
      let level = 0;
      const boxes = steps.map(([name, value], i) => {
        const whole = i === 0 || i === steps.length - 1;
        const from = whole ? 0 : level;
        level = whole ? value : level + value;
        return { name, value, from, to: level };
      });
      return {
        grid: { left: 8, right: 12, top: 20, bottom: 8, containLabel: true },
        tooltip: tooltip((i) => tip([boxes[i.dataIndex].name, money(boxes[i.dataIndex].value)]), { trigger: "item" }),
        xAxis: { type: "category", data: steps.map((s) => s[0]), ...axisLook({ axisLabel: { interval: 0, width: narrow() ? 62 : 100, overflow: "break" } }) },
        yAxis: { type: "value", ...axisLook({ axisLabel: { formatter: short } }) },
        series: [{
          type: "custom", data: boxes.map((x, i) => [i, x.from, x.to]), encode: { x: 0, y: [1, 2] },
          renderItem: (params, api) => {
            const x = boxes[params.dataIndex];
            const [cx, y0] = api.coord([params.dataIndex, x.from]);
            const y1 = api.coord([params.dataIndex, x.to])[1];
            const width = Math.min(64, api.size([1, 0])[0] * 0.6);
            return { type: "group", children: [
              { type: "rect", shape: { x: cx - width / 2, y: Math.min(y0, y1), width, height: Math.max(1, Math.abs(y1 - y0)) }, style: { fill: x.value > 0 ? colour.win : x.value < 0 ? colour.loss : colour.faint, opacity: 0.85 } },
              { type: "text", style: { text: short(x.value), x: cx, y: x.to < x.from ? Math.max(y0, y1) + 4 : Math.min(y0, y1) - 4, align: "center", verticalAlign: x.to < x.from ? "top" : "bottom", fill: colour.ink, fontSize: 11, fontFamily: "inherit" } },
            ] };
          },
        }],
      };
    });
    // Net result at other costs: gross less cost a side times the notional of both sides.
    const sides = e.cost_side_bps ? taken / e.cost_side_bps : 0;
    const line = sides > 0 ? chart("", T.cost_line, () => {
      const far = Math.max(Math.abs(e.cost_side_bps), Math.abs(e.break_even_side_bps)) * 1.3 || 1;
      // Room for the label of a break-even below zero, which stands left of its line.
      const least = e.break_even_side_bps < far * 0.1 ? Math.min(0, e.break_even_side_bps) - far * 0.12 : 0;
      const netAt = (x) => c.before - x * sides;
      const mark = (x, name, color, position) => ({ xAxis: x, lineStyle: { color, type: "dashed" }, label: { formatter: `${name} ${num(x, 2)}`, color: colour.soft, fontSize: 11, position } });
      return {
        grid: { left: 8, right: 18, top: 20, bottom: 26, containLabel: true },
        tooltip: tooltip((i) => tip([`${num(i[0].value[0], 2)} ${T.bps_side}`, money(i[0].value[1])]), { trigger: "axis" }),
        xAxis: { type: "value", min: least, max: far, name: T.bps_side, nameLocation: "middle", nameGap: 26, ...axisLook({ splitLine: { show: false }, axisLine: { onZero: false, lineStyle: { color: colour.line } }, axisLabel: { showMinLabel: false, showMaxLabel: false, formatter: (v) => num(v, far < 5 ? 1 : 0) } }) },
        yAxis: { type: "value", ...axisLook({ axisLabel: { formatter: short } }) },
        series: [{ type: "line", showSymbol: false, data: Array.from({ length: 41 }, (_, i) => least + ((far - least) * i) / 40).map((x) => [x, netAt(x)]), lineStyle: { color: colour.accent, width: 1.6 }, itemStyle: { color: colour.accent },
          markLine: { silent: true, symbol: "none", data: [mark(e.cost_side_bps, T.paid, colour.loss, "insideEndTop"), mark(e.break_even_side_bps, T.break_even_mark, colour.win, "insideStartTop")] } }],
      };
    }) : null;
    main.append(section("costs", T.costs_title, words,
      el("div", { class: "two in" }, el("div", {}, el("h3", { text: T.where_gross }), fall), line ? el("div", {}, el("h3", { text: T.cost_line }), line) : null),
      el("p", { class: "note", text: fill(T.break_even_note, e.break_even_side_bps === null ? T.undefined : num(e.break_even_side_bps, 2), e.cost_side_bps === null ? T.undefined : num(e.cost_side_bps, 2)) })));
  }

  // When it was earned: months, weekdays and hours.
  if (P.months.length) {
    const [low, high] = range(P.months.map((m) => Number(m.net)));
    const total = P.months.reduce((s, m) => ({ trades: s.trades + m.trades, wins: s.wins + m.wins, before: s.before + Number(m.before), costs: s.costs + Number(m.costs), net: s.net + Number(m.net) }), { trades: 0, wins: 0, before: 0, costs: 0, net: 0 });
    const row = (name, m, change) => [name, { text: num(m.net, P.places), class: tone(m.net) }, { text: change === null ? T.undefined : percent(change), class: tone(change) },
      num(m.trades, 0), m.trades ? percent(m.wins / m.trades, 1) : T.no_trades, num(m.before, P.places), num(m.costs, P.places)];
    main.append(section("months", T.months_title, fill(T.months_lead, P.zone), table(
      [T.month, T.net, T.total_return, T.trades, T.win_rate, T.before_costs, T.costs, { text: "", class: "bar" }],
      [...P.months.map((m) => [...row(m.month, m, m.change), { node: bar(Number(m.net), low, high), class: "bar" }]),
        { total: true, cells: [...row(T.total, total, o.total_return), { text: "", class: "bar" }] }])));
  }
  if (t.count) {
    const cells = [];
    let most = 0;
    P.hours.forEach((row, day) => row.forEach((c, hour) => { if (c.trades) { const net = Number(c.net); most = Math.max(most, Math.abs(net)); cells.push([hour, day, net]); } }));
    const heat = chart("mid", T.hours_title, () => ({
      grid: { left: 4, right: 6, top: 6, bottom: 62, containLabel: true },
      tooltip: tooltip((i) => { const c = P.hours[i.value[1]][i.value[0]]; return tip([`${T.weekdays[i.value[1]]} ${pad(i.value[0])}:00`, `${T.net}: ${money(c.net)}`, `${T.trades}: ${num(c.trades, 0)}`, `${T.win_rate}: ${percent(c.wins / c.trades, 1)}`]); }, { trigger: "item" }),
      xAxis: { type: "category", data: Array.from({ length: 24 }, (_, i) => pad(i)), ...axisLook({ splitLine: { show: false }, axisLabel: { interval: narrow() ? 3 : 1 } }) },
      yAxis: { type: "category", inverse: true, data: T.weekdays, ...axisLook({ splitLine: { show: false } }) },
      visualMap: { min: -most, max: most, calculable: false, orient: "horizontal", left: "center", bottom: 4, itemWidth: 12, itemHeight: narrow() ? 120 : 200, text: [short(most), short(-most)], textStyle: { color: colour.soft, fontSize: 11 },
        inRange: { color: [colour.loss, colour["loss-wash"], colour.wash, colour["win-wash"], colour.win] } },
      series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: colour.card, borderWidth: 1.5, borderRadius: 2 }, emphasis: { itemStyle: { borderColor: colour.ink } } }],
    }));
    main.append(section("hours", T.hours_title, fill(T.hours_lead, P.zone), heat));

    // Shape of the trades: results, and how far each ran for and against.
    const H = P.histogram;
    const histogram = chart("", T.histogram_title, () => ({
      grid: { left: 8, right: 12, top: 14, bottom: 28, containLabel: true },
      tooltip: tooltip((items) => { const i = items[0].dataIndex; const name = (i === 0 && H.below ? `< ${short(H.from[i] + H.width)}` : i === H.from.length - 1 && H.above ? `\u2265 ${short(H.from[i])}` : `${short(H.from[i])} \u2026 ${short(H.from[i] + H.width)}`); return tip([`${name} ${P.currency}`, `${T.trades}: ${num(H.counts[i], 0)}`]); }, { trigger: "axis", axisPointer: { type: "shadow" } }),
      xAxis: { type: "category", data: H.from.map((f, i) => (i === 0 && H.below ? `<${short(f + H.width)}` : i === H.from.length - 1 && H.above ? `\u2265${short(f)}` : short(f))), name: `${T.net} (${P.currency})`, nameLocation: "middle", nameGap: 26, ...axisLook({ splitLine: { show: false } }) },
      yAxis: { type: "value", ...axisLook({ axisLabel: { formatter: short } }) },
      series: [{ type: "bar", barCategoryGap: "8%", data: H.counts.map((n, i) => ({ value: n, itemStyle: { color: H.from[i] < 0 ? colour.loss : colour.win, opacity: 0.85 } })) }],
    }));
    const excursion = chart("", T.excursion_title, () => {
      const set = (won) => D.net.map((n, i) => [D.mae[i], D.mfe[i], i]).filter(([, , i]) => (D.net[i] > 0) === won);
      const dots = (name, data, color) => ({ name, type: "scatter", symbolSize: 4, large: true, largeThreshold: 2500, progressive: 0, data, itemStyle: { color, opacity: 0.45 } });
      return {
        grid: { left: 22, right: 14, top: 30, bottom: 28, containLabel: true },
        legend: { top: 0, right: 4, textStyle: { color: colour.soft, fontSize: 11 }, itemWidth: 10, itemHeight: 10 },
        tooltip: tooltip((i) => tip([...tradeLines(i.value[2]), `MAE ${num(i.value[0], 1)} bps, MFE ${num(i.value[1], 1)} bps`]), { trigger: "item" }),
        xAxis: { type: "value", name: T.mae, nameLocation: "middle", nameGap: 26, ...axisLook() },
        yAxis: { type: "value", name: T.mfe, nameLocation: "middle", nameGap: 34, ...axisLook() },
        series: [dots(T.losses, set(false), colour.loss), dots(T.wins, set(true), colour.win)],
      };
    });
    main.append(el("div", { class: "two" }, section("histogram", T.histogram_title, T.histogram_lead, histogram), section("excursion", T.excursion_title, T.excursion_lead, excursion)));

    // What made the result, split by exit, entry and instrument.
    const names = { exit: exitWord, spike: spikeWord, side: (n) => sideWord(n === "long"), instrument: (n) => n, strategy: (n) => n };
    const titles = { exit: T.by_exit, spike: T.by_spike, side: T.by_side, instrument: T.by_instrument, strategy: T.by_strategy };
    const every = P.splits.flatMap((s) => s.parts.map((p) => Number(p.net)));
    const [low, high] = range(every);
    main.append(section("parts", T.parts_title, T.parts_lead, table(
      ["", T.net, T.net_each, T.trades, T.win_rate, T.before_costs, T.costs, { text: "", class: "bar" }],
      P.splits.flatMap((s) => [{ group: titles[s.by] }, ...s.parts.map((p) => [names[s.by](p.name), { text: num(p.net, P.places), class: tone(p.net) }, { text: num(Number(p.net) / p.trades, P.places), class: tone(p.net) },
        num(p.trades, 0), percent(p.wins / p.trades, 1), num(p.before, P.places), num(p.costs, P.places), { node: bar(Number(p.net), low, high), class: "bar" }])]))));

    // The best and the worst trades, each a link to its candles.
    const list = (places) => table([T.entry_time, T.instrument, T.side, T.prices, T.net, T.exit, { text: T.entry_reason, class: "left" }], places.map((i) => [
      showTrade ? { node: el("button", { class: "link", type: "button", text: at(D.entry[i]), title: T.show_in_chart, onclick: () => showTrade(i) }) } : at(D.entry[i]),
      { text: D.instruments[D.instrument[i]], name: T.instrument }, { text: sideWord(D.long[i]), name: T.side }, { text: `${D.entry_price[i]} \u2192 ${D.exit_price[i]}`, name: T.prices },
      { text: num(D.net[i], P.places), class: tone(D.net[i]), name: T.net }, { text: exitWord(D.why[i]), name: T.exit }, { text: D.reason[i] || T.no_reason, class: "wrap left", name: T.entry_reason }]), "trades");
    main.append(section("extremes", T.extremes_title, T.extremes_lead, el("h3", { text: T.best }), list(D.best), el("h3", { text: T.worst }), list(D.worst)));
  }

  // Time in the market, and what became of signals.
  if (P.exposure.from.length) {
    const E = P.exposure;
    const shares = chart("low", T.exposure_title, () => ({
      grid: { left: 8, right: 12, top: 12, bottom: 8, containLabel: true },
      tooltip: tooltip((i) => tip([E.days > 1 ? fill(T.days_from, num(E.days, 0), at(E.from[i[0].dataIndex], "day")) : at(E.from[i[0].dataIndex], "day"), `${T.in_market}: ${percent(i[0].value, 1)}`]), { trigger: "axis", axisPointer: { type: "shadow" } }),
      xAxis: { type: "category", data: E.from.map((s) => at(s, "day").slice(5)), ...axisLook({ splitLine: { show: false } }) },
      yAxis: { type: "value", ...axisLook({ axisLabel: { formatter: (v) => `${num(v * 100, 0)}%` } }) },
      series: [{ type: "bar", barCategoryGap: "20%", data: E.share, itemStyle: { color: colour.accent, opacity: 0.75 } }],
    }));
    const facts = [[T.in_market, o.exposure_time === null ? T.undefined : percent(o.exposure_time)], [T.notional_equity, o.exposure_notional === null ? T.undefined : percent(o.exposure_notional)],
      [T.turnover, why("Turnover")], [T.average_hold, why("Avg. Trade Duration")], [T.most_open, num(E.most, 0)],
      [T.trades_day, P.span ? num(t.count / Math.max((P.span[1] - P.span[0]) / 86400, 1e-9), 1) : T.undefined]];
    const signals = P.signals.length ? [el("h3", { text: T.signals_title }), table([T.outcome, { text: T.rule, class: "left" }, T.count], P.signals.map((s) => [outcomeWord(s.outcome), { text: s.rule || "\u2014", class: "left mono" }, num(s.count, 0)]))] : [el("p", { class: "note", text: T.no_signals })];
    main.append(section("exposure", T.exposure_title, T.exposure_lead, shares, el("div", { class: "two in" },
      el("div", {}, el("h3", { text: T.exposure_figures }), table([T.figure, T.value], facts)), el("div", {}, signals))));
  }

  // Every figure, data, parameters, how to make it again.
  main.append(section("figures", T.figures_title, T.figures_lead, el("div", { class: "figures" }, P.groups.map((g) => el("div", {}, el("h3", { text: g.title }),
    el("dl", {}, g.rows.map(([, label, value]) => el("div", {}, el("dt", { text: label }), el("dd", { text: minus(value) })))))))));

  const bullets = (items) => el("ul", {}, items.map((i) => el("li", { text: i })));
  const facts = P.series.map((s) => {
    const parts = [fill(T.bars_of, num(s.bars, 0), num(s.interval, 0)), s.gaps ? fill(T.gaps, num(s.gaps, 0), num(s.missing, 0), num(s.longest_gap, 0)) : T.no_gaps,
      fill(T.segments, num(s.segments, 0)), fill(s.tick_inferred ? T.tick_inferred : T.tick_stated, s.tick), s.taker ? T.taker : T.no_taker];
    if (s.no_volume) parts.push(fill(T.no_volume, num(s.no_volume, 0)));
    if (s.rounded) parts.push(fill(T.rounded, num(s.rounded, 0)));
    return `${s.symbol}: ${parts.join("; ")}`;
  });
  main.append(section("data", T.data_title, null,
    el("h3", { text: T.warnings }), P.warnings.length ? P.warnings.map((w) => el("p", { class: "alert", text: w })) : el("p", { class: "note", text: T.no_warnings }),
    el("h3", { text: T.repairs }), P.repairs.length ? bullets(P.repairs) : el("p", { class: "note", text: T.no_repairs }),
    facts.length ? [el("h3", { text: T.loaded }), bullets(facts)] : null,
    el("h3", { text: T.files }), table([{ text: T.file, class: "left" }, T.bars, { text: "SHA-256", class: "left" }], P.data.flatMap((d) => d.files.map((f) => [{ text: f.path, class: "mono" }, num(f.bars, 0), { text: f.sha256, class: "mono" }])), "fixed")));
  main.append(section("parameters", T.parameters_title, T.parameters_lead, el("div", { class: "figures pair" }, el("dl", {}, P.parameters.map(([k, v]) => el("div", {}, el("dt", { class: "mono", text: k }), el("dd", { class: "mono", text: v })))))));
  main.append(section("again", T.again_title, fill(T.again_lead, P.version), el("pre", { text: "tickstep run --manifest RUN/manifest.json" }), el("p", { class: "note", text: T.again_report }), el("pre", { text: "tickstep report RUN --lang ko --zone Asia/Seoul" }),
    el("h3", { text: T.results }), table([{ text: T.file, class: "left" }, { text: "SHA-256", class: "left" }], P.results.map((f) => [{ text: f.name, class: "mono" }, { text: f.sha256, class: "mono" }]), "fixed")));

  const stops = [["result", T.nav_result], ...(P.assumed.length ? [["assumed", T.nav_assumed]] : []), ["equity", T.equity], ["price", T.nav_price], ["costs", T.costs], ["months", T.nav_months], ["hours", T.nav_hours], ["histogram", T.nav_shape], ["parts", T.nav_parts], ["extremes", T.nav_extremes], ["exposure", T.nav_exposure], ["figures", T.nav_figures], ["data", T.nav_data], ["parameters", T.nav_parameters], ["again", T.nav_again]];
  finish(T.footer, T.contents, stops);
})();
