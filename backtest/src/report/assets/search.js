// A search: whether its best set can be believed, then how good it is.
(() => {
  const { P, T, $, main, num, percent, fill, el, section, card, table, colour, narrow, axisLook, tip, tooltip, points, chart, begin, finish } = shell;
  const L = P.surface;
  const Q = P.searched;

  // Figures of any kind: about three digits, and never fewer than tell 0.004 from nothing.
  const fig = (value) => {
    if (value === null || value === undefined) return T.undefined;
    const size = Math.abs(value);
    if (size >= 1000) return num(value, 0);
    if (size >= 100) return num(value, 1);
    if (size >= 0.1 || size === 0) return num(value, 2);
    return size >= 0.0001 ? num(value, 2 - Math.floor(Math.log10(size))) : value.toExponential(2).replace("-", "\u2212");
  };
  // Of one figure: counts have no decimals, whatever else is in the table.
  const alike = (values) => (values.every((v) => v === null || Number.isInteger(v)) ? (v) => num(v, 0) : fig);
  // For an axis, where whole numbers need no decimals.
  const tick = (value) => (Number.isInteger(value) ? num(value, 0) : String(Number(value.toPrecision(4))).replace("-", "\u2212"));
  const clip = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}\u2026` : text);
  const better = !L || L.higher_is_better ? 1 : -1;
  // Long keys break after their dots and underscores, not inside a word.
  const broken = (text) => el("span", {}, String(text).split(/(?<=[._/=,])/).flatMap((part, i) => (i ? [el("wbr"), part] : [part])));

  // The verdict comes before any figure.
  const objective = Q.objective || T.objective;
  const period = Q.span ? `${Q.span[0]} \u2013 ${Q.span[1]}` : null;
  begin(fill(T.title, P.title), [Q.strategy, Q.instruments.join(", "), period, Q.method], P.light, P.dark);

  const head = el("section", { class: "bare", id: "verdict", "aria-label": T.nav_verdict });
  if (P.verdict) {
    const V = P.verdict;
    const judged = V.findings.filter((f) => f.holds !== null);
    const held = judged.filter((f) => f.holds).length;
    const tone = !judged.length ? "" : held === V.findings.length ? "win" : held < judged.length ? "loss" : "";
    const mark = (holds) => (holds === null ? ["\u2013", "soft", T.unjudged] : holds ? ["\u2713", "win", T.holds] : ["\u2717", "loss", T.fails]);
    head.append(el("section", { class: "judged" },
      el("p", { class: `level ${tone}`.trim(), text: V.level }),
      V.findings.length ? el("p", { class: "note", text: fill(T.holding, held, V.findings.length) }) : null,
      V.findings.length ? el("ul", { class: "findings" }, V.findings.map((f) => {
        const [sign, kind, word] = mark(f.holds);
        return el("li", {}, el("span", { class: `sign ${kind}`, "aria-hidden": "true", text: sign }),
          el("div", {}, el("b", { text: f.rule }), el("span", { class: `state ${kind}`, text: word }), f.words ? el("div", { class: "why", text: f.words }) : null));
      })) : null));
  }
  const cards = el("dl", { class: "cards" });
  const shapeTone = { plateau: "win", slope: "", spike: "loss" };
  const shapeWord = { plateau: T.plateau, slope: T.slope, spike: T.spike };
  const bestFound = L && L.winner ? L.winner.objective : P.objectives ? P.objectives.best : null;
  const luckBar = P.objectives ? P.objectives.luck : null;
  if (bestFound !== null) cards.append(card(fill(T.card_best, objective), fig(bestFound), "", L && L.median !== null ? fill(T.card_median, fig(L.median)) : null,
    luckBar !== null ? fill(T.card_luck, fig(luckBar)) : null));
  if (L && L.winner) {
    const S = L.plateau;
    cards.append(card(T.card_ground, S ? shapeWord[S.shape] : T.alone, S ? `words ${shapeTone[S.shape]}` : "words", S ? fill(T.card_share, percent(S.share, 0), num(S.neighbours)) : null));
  }
  if (L && L.stable) cards.append(card(fill(T.card_stable, objective), fig(L.stable.pick.objective), "", fill(T.card_around, fig(L.stable.pick.neighbourhood.median)),
    L.stable.pick.set === L.winner.set ? T.card_same : null));
  cards.append(card(T.card_sets, num(Q.sets), "", Q.excluded ? fill(T.card_excluded, num(Q.excluded)) : null, Q.failed ? fill(T.card_failed, num(Q.failed)) : null,
    L && L.sets > L.defined ? fill(T.card_undefined, num(L.sets - L.defined)) : null));
  head.append(cards);
  main.append(head);

  // What luck alone would have found.
  const facts = (rows) => el("dl", { class: "facts" }, rows.map(([name, value, say, kind]) =>
    el("div", {}, el("dt", {}, name, say ? el("small", { text: say }) : null), el("dd", { class: kind || null, text: value }))));
  if (P.luck) {
    const K = P.luck;
    const gap = K.best !== null && K.expected_best !== null ? K.best - K.expected_best : null;
    const tone = (good) => (good ? "win" : "loss");
    const rows = [
      [T.trials, num(K.trials), "", ""],
      K.trials_all !== null ? [T.trials_all, num(K.trials_all), T.trials_all_say, ""] : null,
      K.effective !== null ? [T.effective, num(K.effective, K.effective < 100 && !Number.isInteger(K.effective) ? 1 : 0), T.effective_say, ""] : null,
      K.expected_best !== null ? [fill(T.expected_best, K.figure), fig(K.expected_best), T.expected_best_say, ""] : null,
      K.best !== null ? [fill(T.found_best, K.figure), fig(K.best), gap === null ? "" : fill(gap > 0 ? T.found_above : T.found_below, fig(Math.abs(gap))), gap === null ? "" : tone(gap > 0)] : null,
      K.dsr !== null ? [T.dsr, num(K.dsr, 2), T.dsr_say, tone(K.dsr >= 0.95)] : null,
      K.pbo !== null ? [T.pbo, num(K.pbo, 2), T.pbo_say, K.pbo < 0.5 ? "" : "loss"] : null,
      K.min_track !== null ? [T.min_track, fill(T.days, num(K.min_track)), K.track !== null ? fill(T.min_track_have, num(K.track)) : T.min_track_say, K.track !== null ? tone(K.track >= K.min_track) : ""] : null,
    ].filter(Boolean);
    main.append(section("luck", T.luck_title, T.luck_lead, facts(rows)));
  }

  // How all sets are spread, with the best and the best of luck among them.
  const bars = (kind, label, S, marks, unit, paint) => chart(kind, label, () => {
    const middle = (i) => S.from + (i + 0.5) * S.width;
    const low = S.from, high = S.from + S.counts.length * S.width;
    const marked = marks.filter(([, v]) => v !== null);
    // The axis reaches to a mark unless the bars would become slivers by it.
    const reach = 3 * (high - low);
    const near = marked.map(([, v]) => v).filter((v) => v >= low - reach && v <= high + reach);
    const ends = [Math.min(low, ...near), Math.max(high, ...near)];
    const air = (ends[1] - ends[0]) * 0.02;
    const left = ends[0] < low ? ends[0] - air : low, right = ends[1] > high ? ends[1] + air : high;
    const shown = marked.map(([word, value, c]) => {
      const said = `${word} ${fig(value)}`;
      if (value < left) return { x: left, c, off: true, said: `\u2190 ${fill(T.off_scale, said)}` };
      if (value > right) return { x: right, c, off: true, said: `${fill(T.off_scale, said)} \u2192` };
      return { x: value, c, off: false, said };
    });
    // A label stands higher only where it would run into one before it.
    const share = (m) => (m.x - left) / (right - left || 1);
    const room = window.innerWidth < 900 ? 0.42 : 0.3;
    shown.sort((a, b) => a.x - b.x).forEach((m, i) => {
      m.level = 0;
      while (shown.slice(0, i).some((o) => o.level === m.level && Math.abs(share(o) - share(m)) < room)) m.level += 1;
    });
    const edge = (i) => [tick(Number((S.from + i * S.width).toPrecision(12))), tick(Number((S.from + (i + 1) * S.width).toPrecision(12)))];
    return {
      grid: { left: 8, right: 16, top: 20 + 15 * Math.max(0, ...shown.map((m) => m.level + 0.6)), bottom: 8, containLabel: true },
      tooltip: tooltip((items) => {
        const i = items[0].dataIndex;
        return tip([`${edge(i).join(" \u2013 ")}${S.below && i === 0 ? ` ${T.and_below}` : ""}${S.above && i === S.counts.length - 1 ? ` ${T.and_above}` : ""}`, fill(unit, num(S.counts[i]))]);
      }, { trigger: "axis", axisPointer: { type: "shadow" } }),
      xAxis: { type: "value", min: left, max: right, ...axisLook({ splitLine: { show: false }, axisLabel: { formatter: tick, showMinLabel: false, showMaxLabel: false } }) },
      yAxis: { type: "value", minInterval: 1, ...axisLook({ axisLabel: { formatter: (v) => num(v) } }) },
      series: [{ type: "custom", encode: { x: 0, y: 1 }, data: S.counts.map((c, i) => [middle(i), c]),
        renderItem: (params, api) => {
          const [x0, y0] = api.coord([api.value(0) - S.width / 2, api.value(1)]);
          const [x1, y1] = api.coord([api.value(0) + S.width / 2, 0]);
          // One set in a million must still be seen.
          const height = api.value(1) > 0 ? Math.max(y1 - y0, 2) : 0;
          return { type: "rect", shape: { x: x0 + 0.5, y: y1 - height, width: Math.max(x1 - x0 - 1, 1), height }, style: { fill: paint(api.value(0)), opacity: 0.8 } };
        },
        markLine: { silent: true, symbol: "none", data: shown.map((m) => ({ xAxis: m.x, lineStyle: { color: m.c(), type: m.off ? "dashed" : "solid", width: 1.6 },
          label: { formatter: m.said, color: m.c(), fontSize: 11, fontWeight: 600, position: "end", distance: [0, 4 + 15 * m.level],
            align: share(m) > 0.8 ? "right" : share(m) < 0.2 ? "left" : "center" } })) },
      }],
    };
  });
  const two = [];
  if (P.objectives && P.objectives.spread.counts.length) {
    const O = P.objectives;
    two.push(section("spread", T.spread_title, fill(T.spread_lead, objective), bars("", T.spread_title, O.spread,
      [[T.median_mark, L ? L.median : null, () => colour.soft], [T.luck_mark, O.luck, () => colour.warn], [T.best_mark, O.best, () => colour.accent]], T.sets_of, () => colour.neutral)));
  }
  if (P.logits && P.logits.counts.length) {
    two.push(section("logits", T.logits_title, T.logits_lead, bars("", T.logits_title, P.logits, [], T.splits_of, (x) => (x < 0 ? colour.loss : colour.win))));
  }
  if (two.length) main.append(two.length === 2 ? el("div", { class: "two" }, two) : two[0]);

  // Whether the best set stands on a plateau or a spike: pairs of axes as maps, and a stable choice.
  // Dark to light and even to the eye, in both themes; better is brighter.
  const HEAT = ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"];
  const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)];
  const heat = () => {
    let which = 0, measure = "median";
    const axisName = (i) => L.axes[i].name;
    // The pair of the two most influential axes first.
    const order = L.influence.map((i) => i.axis);
    const weight = (m) => order.indexOf(m.x) + order.indexOf(m.y);
    L.maps.forEach((m, i) => { if (weight(m) < weight(L.maps[which])) which = i; });
    const cellOf = (m, levels) => [Math.floor(levels[m.x] / m.joined[0]), Math.floor(levels[m.y] / m.joined[1])];
    const scale = (m) => {
      const values = m[measure].filter((v) => v !== null).map((v) => v * better);
      if (!values.length) return [0, 1];
      const low = quantile(values, 0.05), high = Math.max(...values);
      return high > low ? [low, high] : [low - 0.5, high + 0.5];
    };
    const note = el("p", { class: "note" });
    const node = chart("tall", "", () => {
      const m = L.maps[which];
      const wide = m.columns.length;
      const [low, high] = scale(m);
      const small = narrow();
      const cells = m[measure].map((v, i) => [i % wide, Math.floor(i / wide), v === null ? null : v * better, v]);
      // Dark print on the bright half of the colours.
      const print = (c) => ({ value: c, label: { color: (c[2] - low) / (high - low) > 0.6 ? "#111" : "#fff" } });
      const box = L.stable && L.stable.region.sets > 1 ? L.stable.region.levels : null;
      const corner = box ? [cellOf(m, box.map((b) => b[0])), cellOf(m, box.map((b) => b[1]))] : null;
      const label = { formatter: (v) => clip(v, small ? 12 : 22) };
      const shows = cells.length <= (small ? 30 : 144);
      node.setAttribute("aria-label", fill(T.map_label, objective, axisName(m.x), axisName(m.y)));
      const clipped = m[measure].some((v) => v !== null && v * better < low);
      note.textContent = [fill(T.map_axes, axisName(m.x), axisName(m.y)), T.map_marks, clipped ? fill(better > 0 ? T.map_clipped : T.map_clipped_low, fig(low * better)) : null].filter(Boolean).join(" ");
      return {
        grid: { left: 8, right: small ? 10 : 84, top: 10, bottom: small ? 54 : 8, containLabel: true },
        tooltip: tooltip((item) => {
          const [x, y] = item.value;
          const i = y * wide + x;
          return tip([`${axisName(m.x)} ${m.columns[x]}, ${axisName(m.y)} ${m.rows[y]}`, fill(T.sets_of, num(m.sets[i])), fill(T.median_is, fig(m.median[i])), fill(T.best_is, fig(m.best[i])),
            m.slice ? (m.slice[i] === null ? T.no_slice : fill(T.slice_is, fig(m.slice[i]))) : null]);
        }),
        xAxis: { type: "category", data: m.columns, ...axisLook({ splitLine: { show: false }, axisTick: { show: false }, axisLabel: label }) },
        yAxis: { type: "category", data: m.rows, ...axisLook({ splitLine: { show: false }, axisTick: { show: false }, axisLabel: label }) },
        visualMap: { type: "continuous", min: low, max: high, seriesIndex: 0, dimension: 2, calculable: false, inRange: { color: HEAT }, textStyle: { color: colour.soft, fontSize: 11 },
          text: [fig(high * better), fig(low * better)], ...(small ? { orient: "horizontal", left: "center", bottom: 4, itemWidth: 12, itemHeight: 150 } : { orient: "vertical", right: 4, top: 4, itemWidth: 14, itemHeight: 190 }) },
        series: [
          { type: "heatmap", data: cells.filter((c) => c[2] !== null).map(print), itemStyle: { borderColor: colour.card, borderWidth: cells.length > 300 ? 0 : 1 },
            label: { show: shows, fontSize: small ? 9 : 11, formatter: (item) => fig(item.value[3]) }, emphasis: { itemStyle: { borderColor: colour.ink, borderWidth: 1 } } },
          { type: "custom", silent: true, z: 4, data: corner ? [[...corner[0], ...corner[1]]] : [], renderItem: (params, api) => {
            const [w, h] = api.size([1, 1]);
            const a = api.coord([api.value(0), api.value(1)]), b = api.coord([api.value(2), api.value(3)]);
            const shape = { x: a[0] - w / 2, y: b[1] - h / 2, width: b[0] - a[0] + w, height: a[1] - b[1] + h };
            return { type: "group", children: [["#000", 4, null], ["#fff", 2, [6, 4]]].map(([stroke, lineWidth, lineDash]) => ({ type: "rect", shape, style: { fill: "none", stroke, lineWidth, lineDash, opacity: lineDash ? 1 : 0.55 } })) };
          } },
          ...[["\u2605", L.winner, 0], ["\u25c6", L.stable ? L.stable.pick : null, 1]].filter(([, pick]) => pick).map(([sign, pick, i]) => ({ type: "custom", silent: true, z: 5, data: [cellOf(m, pick.levels)], renderItem: (params, api) => {
            const [w, h] = api.size([1, 1]);
            const [x, y] = api.coord([api.value(0), api.value(1)]);
            // In opposite corners where figures are printed, so that nothing covers anything.
            const both = L.stable && cellOf(m, L.winner.levels).join() === cellOf(m, L.stable.pick.levels).join();
            const apart = both && L.stable.pick.set !== L.winner.set ? (i ? 1 : -1) * Math.min(w / 4, 9) : 0;
            const shift = shows ? [(i ? 1 : -1) * (w / 2 - 9), (i ? 1 : -1) * (h / 2 - 9)] : [apart, 0];
            return { type: "text", x: x + shift[0], y: y + shift[1], style: { text: sign, align: "center", verticalAlign: "middle", fontSize: shows ? 14 : i ? 13 : 19, fill: "#fff", stroke: "#000", lineWidth: 3 } };
          } })),
        ],
      };
    });
    const select = el("select", { "aria-label": T.pair, onchange: (event) => { which = Number(event.target.value); offer(); node.redraw(); } },
      L.maps.map((m, i) => el("option", { value: i, text: `${axisName(m.x)} \u00d7 ${axisName(m.y)}` })));
    select.value = String(which);
    const words = { median: T.show_median, best: T.show_best, slice: T.show_slice };
    const buttons = Object.entries(words).map(([key, word]) => el("button", { type: "button", "data-measure": key, text: word, onclick: () => { measure = key; offer(); node.redraw(); } }));
    const offer = () => {
      const m = L.maps[which];
      if (!m[measure]) measure = "median";
      // With one set a cell there is nothing to choose between.
      const single = m.sets.every((n) => n < 2);
      for (const b of buttons) {
        b.hidden = single || !m[b.dataset.measure];
        b.setAttribute("aria-pressed", String(b.dataset.measure === measure));
      }
    };
    offer();
    select.hidden = L.maps.length < 2;
    return [el("div", { class: "tools maps" }, select, buttons), node, note];
  };
  if (L && L.winner) {
    const S = L.plateau, best = L.winner, calm = L.stable;
    const said = S ? fill({ plateau: T.ground_plateau, slope: T.ground_slope, spike: T.ground_spike }[S.shape], percent(S.share, 0), num(S.neighbours)) : T.ground_alone;
    const rowOf = (pick, own) => (P.top ? [own, ...P.top.rows].find((r) => r && r.set === pick.set) : null) || null;
    const bestRow = rowOf(best, null), calmRow = calm ? rowOf(calm.pick, P.top && P.top.stable) : null;
    const at = (row, names, axis) => (row && P.top.axes[axis] === L.axes[axis].name ? row.values[axis] : names[axis]);
    // Of two bins the outer ends.
    const span = (i) => {
      const [low, high] = L.region_at[i];
      if (low === high) return low;
      return L.drawn ? fill(T.range, low.split(" \u2013 ")[0], high.split(" \u2013 ").pop()) : fill(T.range, low, high);
    };
    const shown = P.top ? P.top.figures.map((_, f) => alike(P.top.rows.map((r) => r.figures[f]))) : [];
    const columns = (...cells) => (calm ? cells : cells.slice(0, 2));
    const lines = [
      ...L.axes.map((a, i) => columns({ node: broken(a.name), class: "name" }, at(bestRow, L.winner_at, i), calm ? at(calmRow, L.stable_at, i) : "", calm ? span(i) : "")),
      columns(objective, { text: fig(best.objective), class: "strong" }, calm ? { text: fig(calm.pick.objective), class: "strong" } : "", ""),
      columns(T.around_median, fig(best.neighbourhood.median), calm ? fig(calm.pick.neighbourhood.median) : "", ""),
      columns(T.around_worst, fig(best.neighbourhood.worst), calm ? fig(calm.pick.neighbourhood.worst) : "", ""),
      columns(T.around_count, num(best.neighbourhood.sets), calm ? num(calm.pick.neighbourhood.sets) : "", calm ? fill(calm.region.more ? T.region_more : T.region_sets, num(calm.region.sets)) : ""),
      ...(P.top ? P.top.figures.map((f, i) => [f, i]).filter(([f]) => f !== objective && (bestRow || calmRow)).map(([f, i]) => columns(f, bestRow ? shown[i](bestRow.figures[i]) : "", calmRow ? shown[i](calmRow.figures[i]) : "", "")) : []),
    ];
    main.append(section("ground", T.ground_title, said, table(columns("", T.single_best, T.stable, T.stable_region), lines, "picks"),
      el("p", { class: "note", text: L.drawn ? T.neighbours_drawn : T.neighbours_grid }), L.maps.length ? heat() : null));
  }

  // What a step costs.
  if (L && L.sensitivity.length) {
    const all = L.sensitivity.flatMap((s) => s.steps.flatMap((p) => [p.objective, p.median])).filter((v) => v !== null);
    const low = Math.min(...all), high = Math.max(...all);
    const pad = (high - low || Math.abs(high) || 1) * 0.06;
    const cost = (c) => (c === null ? "\u2013" : c <= 0 ? percent(0, 0) : percent(c, c < 0.095 ? 1 : 0));
    const panel = (s) => {
      const axis = L.axes[s.axis];
      const first = s.costs[0];
      const words = first === null ? T.step_none : first <= 0 ? T.step_gain : fill(axis.ordered ? T.step_cost : T.name_cost, cost(first));
      const more = s.costs[2] !== null ? fill(T.steps_more, cost(s.costs[1]), cost(s.costs[2])) : s.costs[1] !== null ? fill(T.steps_two, cost(s.costs[1])) : null;
      const node = chart("low", `${T.steps_title} ${axis.name}`, () => ({
        grid: { left: 8, right: 22, top: 14, bottom: 6, containLabel: true },
        tooltip: tooltip((items) => {
          const p = s.steps[items[0].dataIndex];
          return tip([`${axis.name} ${p.label}`, `${T.through_best}: ${fig(p.objective)}`, `${T.of_all}: ${fig(p.median)}`]);
        }, { trigger: "axis" }),
        xAxis: { type: "category", data: s.steps.map((p) => p.label), boundaryGap: !axis.ordered, ...axisLook({ splitLine: { show: false }, axisLabel: { formatter: (v) => clip(v, 14) } }) },
        // One range for all, so that a steep line is steep beside the others.
        yAxis: { type: "value", min: low - pad, max: high + pad, splitNumber: 4, ...axisLook({ axisLabel: { formatter: tick, showMinLabel: false, showMaxLabel: false } }) },
        series: [
          { type: "line", symbol: axis.ordered ? "none" : "diamond", symbolSize: 7, data: s.steps.map((p) => p.median), lineStyle: { color: colour.neutral, width: axis.ordered ? 1.2 : 0 }, itemStyle: { color: colour.neutral } },
          { type: "line", symbol: "circle", symbolSize: (v, p) => (p.dataIndex === s.winner ? 11 : 5), showAllSymbol: true, lineStyle: { color: colour.accent, width: axis.ordered ? 1.8 : 0 },
            data: s.steps.map((p, i) => ({ value: p.objective, itemStyle: { color: i === s.winner ? colour.warn : colour.accent } })) },
        ],
      }));
      return el("div", {}, el("h3", {}, broken(axis.name)), el("p", { class: "cost" }, el("b", { class: first !== null && first > 0.5 ? "loss" : null, text: words }), more ? el("span", { text: more }) : null), node);
    };
    main.append(section("steps", T.steps_title, L.drawn ? T.steps_drawn : T.steps_lead, el("div", { class: L.sensitivity.length > 1 ? "panels" : null }, L.sensitivity.map(panel))));
  }

  // How much of the objective each axis explains.
  if (L && L.influence.some((i) => i.share !== null) && L.axes.length > 1) {
    const meter = (name, share, kind) => el("div", { class: "meter" }, el("span", { class: "name" }, broken(name)),
      el("span", { class: "track", "aria-hidden": "true" }, el("i", { class: kind || null, style: { width: `${Math.min(100, Math.max(share * 100, 0.4))}%` } })), el("span", { class: "value", text: percent(share, 1) }));
    const rest = 1 - L.influence.reduce((sum, i) => sum + i.share, 0);
    main.append(section("influence", T.influence_title, fill(T.influence_lead, objective),
      L.influence.map((i) => meter(L.axes[i.axis].name, i.share)), rest > 0.0005 ? meter(T.together, rest, "rest") : null));
  }

  // The best sets, sorted by any column.
  if (P.top && P.top.rows.length) {
    const K = P.top;
    const numeric = (text) => { const n = Number(String(text).replace(/[, %]/g, "")); return text !== "" && Number.isFinite(n) ? n : null; };
    const heads = [T.rank, T.set, ...K.axes, ...K.figures];
    const shown = K.figures.map((_, f) => alike(K.rows.map((r) => r.figures[f])));
    const keyed = K.rows.map((r, i) => ({ keys: [i + 1, r.set, ...r.values.map((v) => (numeric(v) === null ? v : numeric(v))), ...r.figures], texts: [num(i + 1), String(r.set), ...r.values, ...r.figures.map((v, f) => shown[f](v))], calm: L && L.stable && L.stable.pick.set === r.set }));
    let by = 0, up = true;
    const body = el("tbody", {});
    const compare = (a, b) => {
      const [x, y] = [a.keys[by], b.keys[by]];
      // What has no value stays at the end, whichever way.
      if (x === null || y === null) return (x === null) - (y === null);
      const c = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en");
      return up ? c : -c;
    };
    const buttons = heads.map((h, i) => el("button", { type: "button", class: "sort", onclick: () => { up = by === i ? !up : i < 2 + K.axes.length; by = i; show(); } }, broken(h), el("span", { class: "way", "aria-hidden": "true" })));
    const cells = buttons.map((b, i) => el("th", { scope: "col", class: i > 1 && i < 2 + K.axes.length ? "param" : null }, b));
    const show = () => {
      body.replaceChildren(...[...keyed].sort(compare).map((r) => el("tr", { class: r.calm ? "calm" : null }, r.texts.map((t, i) => el("td", { text: i === 0 && r.calm ? `\u25c6 ${t}` : t })))));
      cells.forEach((c, i) => { c.setAttribute("aria-sort", i !== by ? "none" : up ? "ascending" : "descending"); c.querySelector(".way").textContent = i !== by ? "" : up ? " \u25b2" : " \u25bc"; });
    };
    show();
    main.append(section("top-sets", T.top_title, fill(T.top_lead, num(K.rows.length), num(Q.sets)), el("div", { class: "scroll best", tabindex: 0, role: "region", "aria-labelledby": "top-sets-title" }, el("table", {}, el("thead", {}, el("tr", {}, cells)), body))));
  }

  // Out of sample: the joined equity, windows, paths and resampled histories.
  const day = (s) => new Date(s * 1000).toISOString().slice(0, 10);
  if (P.equity) {
    const [currency, inside, outside] = P.equity;
    const unit = currency ? `\u00a0${currency}` : "";
    main.append(section("outside", T.outside_title, T.outside_lead, chart("mid", T.outside_title, () => {
      const line = (name, c, color, dash) => ({ name, type: "line", showSymbol: false, data: points(c), itemStyle: { color }, lineStyle: { color, width: 1.6, type: dash } });
      return {
        grid: { left: 8, right: 16, top: 60, bottom: 8, containLabel: true },
        legend: { top: 0, left: 0, textStyle: { color: colour.soft }, icon: "rect", itemWidth: 18, itemHeight: 3 },
        tooltip: tooltip((items) => tip([day(items[0].value[0] / 1000), ...items.map((i) => `${i.seriesName}: ${fig(i.value[1])}${unit}`)]), { trigger: "axis" }),
        xAxis: { type: "time", ...axisLook({ splitLine: { show: false }, axisLabel: { formatter: (x) => day(x / 1000).slice(0, 7) } }), minInterval: 28 * 86400000 },
        yAxis: { type: "value", scale: true, name: currency || T.multiple, ...axisLook({ axisLabel: { formatter: tick }, nameTextStyle: { color: colour.soft, fontSize: 11, align: "left" } }) },
        series: [line(T.inside, inside, colour.neutral, "solid"), line(T.outside, outside, colour.accent, "solid")],
      };
    })));
  }
  if (P.walk_forward && P.walk_forward.windows.length) {
    const W = P.walk_forward;
    // Lines break between times and between pairs, not inside of them.
    const whole = (text) => el("span", { class: "whole", text });
    const spanned = ([from, to]) => [whole(`${from} \u2013`), " ", whole(to)];
    const pairs = (chosen) => (chosen.length ? chosen.flatMap(([key, value], i) => [whole(`${key} ${value}${i + 1 < chosen.length ? "," : ""}`), " "]) : T.none_chosen);
    main.append(section("walk", T.walk_title, [T.walk_lead, W.efficiency !== null ? fill(T.efficiency, percent(W.efficiency, 0)) : null].filter(Boolean).join(" "),
      table([T.train, { text: T.test, class: "left" }, { text: T.chosen, class: "left" }, `${W.figure}, ${T.inside}`, `${W.figure}, ${T.outside}`], W.windows.map((w) => [{ node: spanned(w.train), class: "when" }, { node: spanned(w.test), class: "when left" }, { node: pairs(w.chosen), class: "wrap left" },
        fig(w.inside), { text: fig(w.outside), class: w.outside === null || better < 0 ? "" : w.outside > 0 ? "win" : "loss" }]), "walked")));
  }
  if (P.paths) {
    const C = P.paths;
    const tone = (v) => (v === null ? "" : v > 0 ? "win" : "loss");
    const rows = [[T.paths_low, T.paths_low_say], [T.paths_median, ""], [T.paths_high, T.paths_high_say]].map(([name, say], i) => [name, fig(C.percentiles[i]), say, tone(C.percentiles[i])]);
    rows.push([T.paths_below, percent(C.below_zero, 0), T.paths_below_say, C.below_zero === null ? "" : tone(0.5 - C.below_zero)]);
    main.append(section("paths", T.paths_title, T.paths_lead, el("p", { class: "note", text: [fill(T.paths_made, num(C.groups), num(C.tested), num(C.splits), num(C.sets)), fill(T.paths_joined, num(C.paths))].join(" ") }), facts(rows)));
  }
  if (P.monte_carlo && P.monte_carlo.length) {
    main.append(section("bands", T.bands_title, T.bands_lead, table([T.figure, "5 %", "50 %", "95 %", T.actual], P.monte_carlo.map((b) => {
      const show = alike([...b.percentiles, b.actual]);
      return [b.figure, ...b.percentiles.map(show), { text: show(b.actual), class: "strong" }];
    }))));
  }

  // What was searched, in full names.
  const known = [[T.strategy, Q.strategy], [T.instruments, Q.instruments.join(", ")], [T.span, period], [T.method, Q.method], [T.objective, Q.objective], [T.further, Q.further.join(", ")]].filter(([, v]) => v);
  const levelsOf = (a) => {
    const some = a.labels.length > 12 || a.count > a.labels.length ? [...a.labels.slice(0, 6), "\u2026", a.last] : a.labels;
    return some.join(", ");
  };
  if (known.length || L) main.append(section("searched", T.searched_title, null, facts(known),
    L && L.axes.length ? [el("h3", { text: L.drawn ? `${T.axis} (${T.binned})` : T.axis }), table([T.axis, T.levels, { text: T.values, class: "left" }], L.axes.map((a) => [{ node: broken(a.key), class: "name" }, num(a.count), { text: levelsOf(a), class: "wrap left" }]))] : null));

  const stops = [["verdict", T.nav_verdict], ["luck", T.nav_luck], ["spread", T.nav_spread], ["ground", T.nav_ground], ["steps", T.nav_steps], ["influence", T.nav_influence], ["top-sets", T.nav_top], ["outside", T.nav_outside], ["walk", T.nav_walk], ["paths", T.nav_paths], ["bands", T.nav_bands], ["searched", T.nav_searched]];
  finish(P.footer, P.contents, stops);
})();
