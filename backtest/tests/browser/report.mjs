// Opens reports of the built `tickstep` in a headless Chromium, as a reader would:
// from the disk, light and dark, on a desktop and on a phone. Fails on an error on
// the console, on anything fetched, on an empty chart, on horizontal scroll, on
// "NaN" in print.
//
//   TICKSTEP=target/debug/tickstep node report.mjs [--shots DIR]
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../../..");
const tickstep = resolve(process.env.TICKSTEP || join(root, "target/debug/tickstep"));
const at = process.argv.indexOf("--shots");
const shots = at > 0 ? resolve(process.argv[at + 1]) : null;
if (shots) mkdirSync(shots, { recursive: true });

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const WIDTHS = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

const work = mkdtempSync(join(tmpdir(), "tickstep-browser-"));
const run = (...args) => execFileSync(tickstep, args, { cwd: work, encoding: "utf8" }).trim();

/** The bundled months three times over, cut to a year of minutes. */
function year() {
  const months = ["08", "09", "10", "11"].map((m) => gunzipSync(readFileSync(join(root, `examples/data/FILUSDT-1m-2023-${m}.csv.gz`))).toString().trim().split("\n"));
  const head = months[0][0].split(",");
  const columns = ["open", "high", "low", "close", "volume", head.find((c) => c.startsWith("taker_buy") && !c.includes("quote"))].map((c) => head.indexOf(c));
  const rows = ["open_time,open,high,low,close,volume,taker_buy_volume"];
  const minutes = months.flatMap((m) => m.slice(1));
  for (let i = 0; i < 525600; i += 1) {
    const cells = minutes[i % minutes.length].split(",");
    rows.push([1672531200000 + i * 60000, ...columns.map((c) => cells[c])].join(","));
  }
  writeFileSync(join(work, "examples/year.csv"), rows.join("\n"));
  writeFileSync(join(work, "examples/year.toml"), readFileSync(join(work, "examples/fil.toml"), "utf8").replace(/data = .*/, 'data = ["year.csv"]'));
  run("run", "examples/year.toml", "--out", "year", "-q");
}

/** The reports to look at, by name. */
function reports() {
  cpSync(join(root, "examples"), join(work, "examples"), { recursive: true });
  run("run", "examples/fil.toml", "--out", "one", "-q");
  run("run", "examples/fil_near.toml", "--out", "two", "-q");
  run("report", "two", "--lang", "ko", "--zone", "Asia/Seoul", "--out", "two/ko.html");
  // Every kind of finding, as the run would have written them.
  writeFileSync(join(work, "two/findings.json"), JSON.stringify({
    bounds: { worst: "-41820.5", best: "-41702.25", chosen: "-41745.88", ambiguous_bars: 2, ambiguous_pnl: "-50.11", scenario: false },
    warnings: ["FILUSDT: 3 bars without volume, the first at 2023-08-14T02:11:00Z"],
    repairs: ["FILUSDT: 1 bar given twice, the later kept, at 2023-08-14T02:12:00Z"],
  }));
  run("report", "two", "--lang", "ko", "--out", "two/findings.html");
  // Names that would be markup, a run without a trade, and one whose data is gone.
  const hostile = "</script><img src=x onerror=window.pwned=1>";
  const config = readFileSync(join(work, "examples/fil.toml"), "utf8").replace('"FILUSDT"', JSON.stringify(hostile));
  writeFileSync(join(work, "examples/hostile.toml"), config);
  run("run", "examples/hostile.toml", "--out", "hostile", "-q");
  run("run", "examples/fil.toml", "--out", "none", "-q", "--set", "strategy.params.spike_multiple=100", "--set", "strategy.params.min_buy_share=0.99", "--set", "period.to=2023-08-02");
  run("report", "one", "--base", "nowhere", "--out", "one/gone.html");
  run("compare", "one", "two", "--html", "compare.html");
  year();
  return { year: "year/report.html", en: "one/report.html", two: "two/report.html", ko: "two/ko.html", findings: "two/findings.html", hostile: "hostile/report.html", none: "none/report.html", gone: "one/gone.html", compare: "compare.html" };
}

/** In the page: what is wrong with its charts. */
function emptyCharts() {
  const wrong = [];
  for (const node of document.querySelectorAll(".chart")) {
    const name = node.getAttribute("aria-label");
    const canvas = node.querySelector("canvas");
    if (!canvas || !canvas.width || !canvas.height) { wrong.push(`${name}: no canvas`); continue; }
    // A copy: reading the chart's own canvas makes Chromium warn about the reading.
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const pixels = context.getImageData(0, 0, copy.width, copy.height).data;
    const colours = new Set();
    let drawn = 0;
    for (let i = 0; i < pixels.length; i += 4) {
      if (pixels[i + 3] > 0) { drawn += 1; colours.add((pixels[i] << 16) | (pixels[i + 1] << 8) | pixels[i + 2]); }
    }
    if (drawn < canvas.width * canvas.height * 0.004 || colours.size < 6) wrong.push(`${name}: ${drawn} pixels in ${colours.size} colours`);
  }
  return wrong;
}

async function look(browser, name, file, theme, size, languageOf) {
  const where = `${name}, ${theme}, ${size}`;
  const context = await browser.newContext({ viewport: WIDTHS[size], colorScheme: theme, hasTouch: size === "phone", isMobile: size === "phone", deviceScaleFactor: 1 });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) faults.push(m.text()); });
  page.on("pageerror", (e) => faults.push(String(e.stack || e)));
  page.on("request", (r) => { if (!/^(file|data|blob):/.test(r.url())) faults.push(`fetches ${r.url()}`); });
  await page.goto(pathToFileURL(join(work, file)).href);
  await page.waitForFunction(() => document.documentElement.dataset.ready, null, { timeout: 15_000 }).catch(() => {});
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.deepEqual(faults, [], where);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme, where);
  assert.equal(await page.evaluate(() => document.documentElement.lang), languageOf, where);
  assert.deepEqual(await page.evaluate(emptyCharts), [], where);
  const wide = () => page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  const [content, window_] = await wide();
  assert.ok(content <= window_ && window_ === WIDTHS[size].width, `${where}: ${content} px of content in ${window_} px`);
  const text = await page.evaluate(() => document.body.innerText);
  for (const bad of ["NaN", "Infinity", "undefined", "[object", "{0}", "{1}"]) assert.ok(!text.includes(bad), `${where}: "${bad}" in print`);
  assert.equal(await page.evaluate(() => window.pwned), undefined, where);
  if (shots) await page.screenshot({ path: join(shots, `${name}-${theme}-${size}.png`), fullPage: true });
  return { context, page, faults, where };
}

/** Goes to a trade: one-minute candles, and a different picture. */
async function zoom({ page, faults, where }, name, theme, size) {
  const chart = page.locator("#price .chart");
  const picture = () => chart.locator("canvas").first().evaluate((c) => c.toDataURL());
  const before = await picture();
  await page.locator("#price button").nth(1).click();
  await page.waitForTimeout(100);
  assert.notEqual(await picture(), before, `${where}: the chart stays as it was`);
  await page.locator("#extremes .link").first().click();
  await page.waitForTimeout(400);
  assert.deepEqual(await page.evaluate(emptyCharts), [], `${where}, zoomed`);
  if (shots) await page.screenshot({ path: join(shots, `${name}-${theme}-${size}-trade.png`) });
  await chart.focus();
  await page.keyboard.press("ArrowLeft");
  await page.waitForTimeout(100);
  // On a phone, too, what lies around a trade is one-minute candles.
  assert.match(await page.locator("#price .seen").innerText(), name === "ko" ? /1분봉/ : /1-minute candles/, where);
  for (const key of ["-", "ArrowLeft", "+", "ArrowRight"]) await page.keyboard.press(key);
  // Panning must keep up with a hand: many steps, each drawn.
  const spent = await page.evaluate(async () => {
    const node = document.querySelector("#price .chart");
    const start = performance.now();
    for (let i = 0; i < 20; i += 1) {
      node.dispatchEvent(new KeyboardEvent("keydown", { key: i % 2 ? "ArrowLeft" : "ArrowRight" }));
      await new Promise((done) => requestAnimationFrame(done));
    }
    return (performance.now() - start) / 20;
  });
  assert.ok(spent < 100, `${where}: ${spent.toFixed(0)} ms for a step`);
  // The same with the whole period in view, the most there is to reduce.
  await page.locator("#price button").nth(2).click();
  const whole = await page.evaluate(async () => {
    const node = document.querySelector("#price .chart");
    let worst = 0;
    for (let i = 0; i < 20; i += 1) {
      const start = performance.now();
      node.dispatchEvent(new KeyboardEvent("keydown", { key: ["+", "ArrowLeft", "ArrowRight", "-"][i % 4] }));
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      worst = Math.max(worst, performance.now() - start);
    }
    return worst;
  });
  if (shots) console.log(`${where}: ${spent.toFixed(0)} ms a step near a trade, ${whole.toFixed(0)} ms the slowest of the whole`);
  assert.ok(whole < 400, `${where}: ${whole.toFixed(0)} ms for a step of the whole`);
  await page.locator("header button").click();
  const other = theme === "dark" ? "light" : "dark";
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), other, where);
  assert.deepEqual(await page.evaluate(emptyCharts), [], `${where}, toggled`);
  assert.deepEqual(faults, [], where);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: FLAGS });
try {
  const files = reports();
  let seen = 0;
  for (const [name, file] of Object.entries(files)) {
    for (const theme of ["light", "dark"]) {
      for (const size of Object.keys(WIDTHS)) {
        const opened = await look(browser, name, file, theme, size, ["ko", "findings"].includes(name) ? "ko" : "en");
        if (["year", "en", "ko"].includes(name)) await zoom(opened, name, theme, size);
        if (size === "phone") {
          await opened.page.setViewportSize({ width: 360, height: 740 });
          await opened.page.waitForTimeout(50);
          assert.ok(await opened.page.evaluate(() => document.documentElement.scrollWidth) <= 360, `${opened.where}: scrolls at 360 px`);
        }
        await opened.context.close();
        seen += 1;
      }
    }
  }
  console.log(`${seen} views of ${Object.keys(files).length} reports: no fault`);
} finally {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}
