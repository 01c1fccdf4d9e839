// The page in states that a sound run does not show: a lost line, a stale feed, an unknown order, live money, questions before orders.
import test, { after, before } from "node:test";
import assert from "node:assert/strict";
import { axe, fits, launch, open, PHONE, show, SCREENS } from "./kit.js";
import { Fixture } from "./fixture.js";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// on serves a made-up run to one tab.
async function on(t, changes, opts) {
  const f = new Fixture(changes), page = await open(browser, await f.serve(), opts);
  t.after(async () => { await page.context().close(); await f.close(); });
  return [f, page];
}
const text = (page, sel) => page.locator(sel).first().innerText();

test("a lost line greys the page out, says so, and comes back by itself", async (t) => {
  const [f, page] = await on(t);
  await page.waitForFunction(() => !document.querySelector(".shell").dataset.old);
  const fresh = await page.evaluate(() => getComputedStyle(document.querySelector(".bid .px")).color);
  const url = new URL(page.url());
  await f.close();
  await page.waitForSelector(".notice.bad");
  assert.match(await text(page, ".notice.bad"), /No line to the run for .*: what is shown is old/);
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.querySelector(".bid .px")).color), fresh, "prices kept their colour");
  assert.match(await text(page, ".feed"), /no line/);
  assert.equal(await page.locator(".stamp").isVisible(), true);
  assert.equal(await page.locator(".commands button:enabled").count(), 0, "commands without a line");
  await axe(page, "a lost line");
  await f.serve(Number(url.port));
  await page.waitForFunction(() => !document.querySelector(".notice") && !document.querySelector(".shell").dataset.old, null, { timeout: 15000 });
  assert.match(await text(page, ".feed"), /exact/);
});

test("views that stop coming grey the page out though the line stands", async (t) => {
  const [f, page] = await on(t);
  f.state.halted = true;
  await page.waitForSelector(".notice.bad");
  assert.match(await text(page, ".notice.bad"), /No view came for a while/);
});

test("a stale feed is grey and named, and money goes on being shown", async (t) => {
  const [, page] = await on(t, { feed: "stale" });
  await page.waitForSelector(".ladder.stale");
  assert.match(await text(page, ".ladder h2"), /stale: not current/);
  assert.match(await text(page, ".feed"), /stale/);
  assert.equal(await page.locator(".stats.own.stale").count(), 0);
  await axe(page, "a stale feed");
});

test("a finished run opens on its report and is final, not late", async (t) => {
  const f = new Fixture({ mode: "BACKTEST", phase: "ended", halted: true }), page = await browser.newPage();
  t.after(async () => { await page.close(); await f.close(); });
  await page.goto(await f.serve());
  await page.waitForSelector("main.report .figure");
  await page.waitForTimeout(3500);
  assert.equal(await page.locator(".notice.bad").count(), 0);
  assert.match(await text(page, ".notice.off"), /The run has ended/);
});

test("live money is red, framed and named", async (t) => {
  const [, page] = await on(t, { mode: "LIVE" });
  assert.equal(await text(page, ".badge.mode"), "LIVE");
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".shell"), "::after").borderTopWidth), "3px");
});

test("an order of unknown outcome stands out and says what is done", async (t) => {
  const [, page] = await on(t, { unknown: true });
  await page.waitForSelector("tr.unknown");
  assert.match(await text(page, "tr.unknown"), /unknown: asking the venue/);
});

test("kill asks, wants the word, and is sent with its token only then", async (t) => {
  const [f, page] = await on(t);
  await page.keyboard.press("Shift+K");
  await page.waitForSelector("dialog[open]");
  assert.match(await text(page, "dialog"), /stops all new orders/i);
  assert.match(await text(page, "dialog"), /2 open orders/);
  await axe(page, "the question before a kill");
  await page.keyboard.type("kill");
  assert.equal(await page.locator("dialog button.kill").isDisabled(), true, "another word is enough");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  assert.equal(f.state.killed, false);
  await page.keyboard.press("Shift+K");
  await page.waitForSelector("dialog[open]");
  await page.keyboard.type("KILL");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".notice.alarm");
  assert.deepEqual(f.received.filter((m) => m.name === "kill").map((m) => [m.arg, m.token]), [["", ""], ["", ""], ["KILL", "T"]]);
});

test("cancel all asks and Escape goes back; pause and resume follow the run", async (t) => {
  const [f, page] = await on(t);
  await page.keyboard.press("x");
  await page.waitForSelector("dialog[open]");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "No, go back");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  assert.equal(f.received.filter((m) => m.name === "cancel-all" && m.token).length, 0);
  await page.keyboard.press("p");
  await page.waitForSelector(".badge.warn");
  assert.match(await text(page, ".bar .badge.warn"), /Entries paused/);
});

test("the keyboard reaches every screen, and ? lists what there is", async (t) => {
  const [f, page] = await on(t);
  for (const [i, s] of SCREENS.entries()) {
    await page.keyboard.press(String(i + 1));
    await page.waitForSelector(`main.${s}`);
  }
  await page.keyboard.press("?");
  await page.waitForSelector("dialog[open]");
  assert.match(await text(page, "dialog"), /Kill switch/);
  assert.match(await text(page, "dialog"), /TradingView/);
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  await page.keyboard.press("c");
  await page.waitForFunction(() => document.body.innerText.includes("paused"));
  assert.equal(f.state.paused, true);
  await page.keyboard.press("/");
  await page.waitForFunction(() => document.activeElement.id === "filter");
  await page.keyboard.type("quote");
  await page.waitForFunction(() => document.querySelectorAll(".tree tbody tr").length === 1);
});

test("a phone shows every screen without a sideways scroll, and a lost view is asked for", async (t) => {
  const [f, page] = await on(t, {}, { size: PHONE });
  for (const s of SCREENS) {
    await show(page, s);
    await fits(page, `${s} on a phone`);
  }
  for (let i = 0; i < 30; i++) f.fill();
  await page.waitForFunction(() => document.querySelector("main"));
  const till = Date.now() + 5000;
  while (!f.received.some((m) => m.type === "full") && Date.now() < till) await page.waitForTimeout(50);
  assert.ok(f.received.some((m) => m.type === "full"), "30 fills at once leave a hole in a tail of 20, and nobody asked for the whole");
});

test("a round trip that was open in the last view has its end when that came in a view that was missed", async (t) => {
  const [f, page] = await on(t);
  f.state.halted = true;
  const [asks, list] = await page.evaluate(async () => {
    const s = await import("/static/store.js"), v = s.view.value, n = v.report.trip_count;
    const trip = (i, close) => ({ ...v.report.trips.at(-1), n: n + i, close_ms: close });
    const next = (...trips) => s.apply({ ...v, full: false, report: { ...v.report, trips, trip_count: n + trips.length } });
    next(trip(1, null)); // it is open; the view with its end and those of the next nine is dropped
    const asks = next(...Array.from({ length: 10 }, (_, i) => trip(i + 2, 1)));
    return [asks, s.view.value.report.trips.filter((x) => x.close_ms === null).map((x) => x.n)];
  });
  assert.equal(asks, true, "nobody asks for the whole");
  assert.deepEqual(list, [], "a trip that has ended stands as open");
});
