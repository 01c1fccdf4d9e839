// The page on real runs: the demo on its own synthetic market, and on a recording where ../shared has one. The clock is stopped,
// and then what the page says is compared with the view that `baton status --json` is made of.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { axe, DESK, fits, launch, open, painted, PHONE, SCREENS, show } from "./kit.js";
import * as f from "../../ui/web/static/format.js";

const HERE = fileURLToPath(new URL(".", import.meta.url)), ROOT = path.join(HERE, "../..");
const RECORDING = path.join(ROOT, "../shared/data/tick/usdm_BTCUSDT_20240808.gz");
const OUT = path.join(HERE, "out/pictures");
const PICTURES = process.env.PICTURES ? path.join(ROOT, "docs/img") : OUT;
const GOLD = [244, 185, 66];
let browser;
before(async () => { mkdirSync(PICTURES, { recursive: true }); mkdirSync(OUT, { recursive: true }); browser = await launch(); });
after(() => browser.close());

// start runs the demo and answers when it has told its page's address.
async function start(t, args) {
  const child = spawn(path.join(HERE, "out/baton"), ["demo", "--seed", "7", ...args], { cwd: ROOT });
  const run = { child, said: "", ended: new Promise((done) => child.on("exit", (code) => done(code))) };
  run.url = await new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`no page within 30 s; it said:\n${run.said}`)), 30_000);
    const hear = (b) => {
      run.said += b;
      const m = /page:? +(http:\/\/\S+)/.exec(run.said);
      if (m) { clearTimeout(late); done(m[1]); }
    };
    child.stderr.on("data", hear);
    child.stdout.on("data", hear);
    child.on("exit", () => fail(new Error(`the demo ended before it told its page; it said:\n${run.said}`)));
  });
  t.after(async () => { child.kill("SIGINT"); await run.ended; });
  return run;
}

const view = (page) => page.evaluate(async () => (await fetch("/api/view")).json());
const texts = (page, sel) => page.locator(sel).allInnerTexts();
const has = (all, what, where) => assert.ok(all.includes(what), `${where}: ${what} is not in\n${all.slice(0, 1500)}`);

// fills waits until the run has that many, so that there is something to look at.
async function fills(page, n) {
  const till = Date.now() + 120_000;
  while ((await view(page)).account.fill_count < n) {
    assert.ok(Date.now() < till, `fewer than ${n} fills in 120 s`);
    await page.waitForTimeout(500);
  }
}

// stopped stops the run's clock and waits until the page shows the view that is true from then on.
async function stopped(page) {
  await page.keyboard.press("c");
  await page.waitForFunction(() => document.querySelector(".stats.when").innerText.includes("paused"));
  let was, now = await view(page);
  do {
    was = now;
    await page.waitForTimeout(600);
    now = await view(page);
  } while (was.header.now_ms !== now.header.now_ms || was.header.equity !== now.header.equity);
  return now;
}

async function picture(page, name, dir = PICTURES) {
  const file = path.join(dir, name + ".png");
  await page.evaluate(() => document.activeElement.blur());
  await page.screenshot({ path: file });
  assert.ok(statSync(file).size < 300_000, `${file} has ${statSync(file).size} bytes`);
}

function headerSays(v, all) {
  const m = v.markets[0];
  has(all, v.header.mode, "header");
  for (const x of [m.last, m.mark, m.index]) has(all, f.plain(x), "header");
  has(all, f.percent(m.funding_rate), "header: funding");
  has(all, f.money(v.header.equity), "header: equity");
  has(all, f.signed(v.header.day_profit), "header: today");
}

async function liveSays(page, v) {
  const m = v.markets[0];
  headerSays(v, await page.locator("header.top").innerText());
  const px = (await texts(page, ".book .px")).map((x) => x.trim());
  assert.deepEqual(px, [...m.asks.slice().reverse(), ...m.bids].map((l) => f.plain(l.px)), "the ladder's prices");
  const ours = (await texts(page, ".book .ours")).filter(Boolean).length;
  assert.equal(ours, [...m.asks, ...m.bids].filter((l) => l.mine).length, "rows with ours");
  const orders = await page.locator(".orders").innerText();
  for (const o of v.account.orders) has(orders, f.plain(o.px), "open orders");
  const done = await page.locator(".fills").innerText();
  has(done, String(v.account.fill_count), "fills");
  for (const x of v.account.fills.slice(-10)) has(done, f.plain(x.px), "fills");
  for (const p of v.account.positions) has(await page.locator(".holdings").innerText(), f.plain(p.entry), "positions");
  assert.ok((await page.locator(".candles").getAttribute("aria-label")).includes(`${v.markets[0].fill_marks.length} of our fills`));
}

async function coroutinesSay(page, v) {
  const rows = await page.locator(".tree tbody").innerText();
  assert.ok(v.coroutines.tasks.length > 5, `only ${v.coroutines.tasks.length} tasks`);
  for (const t of v.coroutines.tasks.filter((t) => t.wakes > 50)) has(rows, t.name, "task tree");
  has(rows, "a new best price", "what the strategy awaits");
  assert.ok(!rows.includes("a wake-up"), `somebody awaits what has no name:\n${rows}`);
  assert.ok(process.arch !== "x64" || !rows.includes("n/a"), `a task stands nowhere:\n${rows}`);
  const nameless = v.coroutines.steps.filter((s) => !s.name || (s.task && !s.by && !s.from)); // what was ready before anybody looked
  assert.ok(nameless.length < 3, `steps without a name, or of tasks that nobody woke: ${JSON.stringify(nameless)}`);
  assert.equal(await page.evaluate(() => document.querySelectorAll(".tree .code").length > 0 && [...document.querySelectorAll(".tree tbody .code")].some((c) => /\.go:\d+/.test(c.textContent))), true, "source lines");
}

async function reportSays(page, v) {
  const r = v.report, all = await page.locator("main.report").innerText();
  assert.ok(r.values.length > 5, "the report has figures");
  for (const x of r.values) {
    has(all, x.label, "report");
    has(all, x.convention, `report: the convention of ${x.label}`);
    const card = await page.locator(".figure", { has: page.getByText(x.label, { exact: true }) }).first().innerText();
    if (x.value === null) has(card, "n/a", `report: ${x.label}`);
  }
  for (const c of r.conventions) has(all, c, "report: conventions");
  has(all, `${r.trip_count}, from flat`, "report: round trips");
}

async function healthSays(page, v) {
  const all = (await page.locator("main.health").innerText()).toLowerCase();
  for (const x of v.health.latencies) has(all, x.name.toLowerCase(), "health");
  has(all, f.count(v.health.messages), "health: messages");
  for (const b of v.health.budgets) has(all, b.name.toLowerCase(), "health: budgets");
}
const SAYS = { live: liveSays, coroutines: coroutinesSay, report: reportSays, health: healthSays };

// walk goes through a screen by Tab alone: everything that can be pressed must be reached, and be seen to be.
async function walk(page, name) {
  await page.evaluate(() => document.body.focus());
  const want = await page.evaluate(() => [...document.querySelectorAll(".shell a[href], .shell button:enabled, .shell select:enabled, .shell input")].filter((e) => e.offsetParent).length);
  const seen = new Set();
  for (let i = 0; i < want + 30 && seen.size < want; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e.matches(".shell a[href], .shell button, .shell select, .shell input")) return "";
      e.dataset.walk ??= String(document.querySelectorAll("[data-walk]").length);
      return getComputedStyle(e).outlineStyle === "none" ? "!" + e.outerHTML.slice(0, 80) : e.dataset.walk;
    });
    assert.ok(!at.startsWith("!"), `${name}: no mark of the focus on ${at}`);
    if (at) seen.add(at);
  }
  assert.ok(seen.size >= want, `${name}: Tab reaches ${seen.size} of ${want}`);
}

test("the demo's page: content, axe in both themes, keyboard, phone, the end", async (t) => {
  const run = await start(t, ["--speed", "20"]);
  const page = await open(browser, run.url);
  await fills(page, process.env.PICTURES ? 700 : 25);
  for (const s of SCREENS) {
    await show(page, s);
    await fits(page, s);
    if (s === "coroutines") {
      await page.waitForTimeout(3500);
      assert.ok((await painted(page, ".lanes canvas", GOLD)) > 500, "no baton in the lanes");
      assert.ok((await painted(page, ".now canvas", GOLD)) > 100, "no baton in the ring");
    }
    await picture(page, s);
    await axe(page, `${s}, dark`);
    await walk(page, s);
  }
  const context = page.context();
  await page.emulateMedia({ colorScheme: "light" });
  for (const s of SCREENS) {
    await show(page, s);
    await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
    if (s === "coroutines") await page.waitForTimeout(3000);
    await page.waitForTimeout(400);
    await picture(page, `${s}-light`);
    await axe(page, `${s}, light`);
  }
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize(PHONE);
  for (const s of SCREENS) {
    await show(page, s);
    await page.waitForTimeout(s === "coroutines" ? 2500 : 500);
    await fits(page, `${s} on a phone`);
    await picture(page, `${s}-phone`);
    await axe(page, `${s} on a phone`);
  }
  await page.setViewportSize(DESK);
  await show(page, "live");
  await stopped(page);
  for (const s of SCREENS) {
    await show(page, s);
    await page.waitForTimeout(700);
    await SAYS[s](page, await view(page));
  }
  const before = (await view(page)).header.now_ms;
  await page.keyboard.press(".");
  await page.waitForTimeout(800);
  const stepped = (await view(page)).header.now_ms - before;
  assert.ok(stepped >= 100 && stepped < 400, `a step of 100 ms went on by ${stepped} ms`);
  await page.keyboard.press("c");
  await page.waitForFunction(() => !document.querySelector(".stats.when").innerText.includes("paused"));
  await page.keyboard.press("x");
  await page.waitForSelector("dialog[open]");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".toast.done");
  assert.ok((await view(page)).audit.some((a) => a.name === "cancel-all" && a.ok), "the command is in the audit list");
  await show(page, "live");
  run.child.kill("SIGINT");
  await page.waitForSelector(".notice.off", { timeout: 30_000 });
  assert.match(await page.locator(".feed").innerText(), /ended/);
  assert.equal(await page.locator(".commands button:enabled").count(), 0);
  assert.equal(await run.ended, 0, run.said);
  assert.deepEqual(page.complaints.filter((c) => !/WebSocket|ERR_CONNECTION/.test(c)), [], "the page complained");
  await context.close();
});

test("the same screens on a recorded market", { skip: existsSync(RECORDING) ? false : "no recording at ../shared/data/tick" }, async (t) => {
  const run = await start(t, ["--data", RECORDING, "--speed", "10"]);
  const page = await open(browser, run.url);
  await page.waitForFunction(() => document.querySelectorAll(".tape tbody tr").length >= 20, null, { timeout: 60_000 });
  await page.waitForTimeout(8000);
  await picture(page, "recorded", OUT); // not for the docs: the recording is not ours
  await stopped(page);
  for (const s of SCREENS) {
    await show(page, s);
    await page.waitForTimeout(700);
    await SAYS[s](page, await view(page));
  }
  assert.deepEqual(page.complaints, [], "the page complained");
  await page.context().close();
});
