// What both tests share: a browser that counts every complaint of the page, and the checks that hold for any screen.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const CHROMIUM = ["/usr/bin/chromium", "/usr/lib/chromium/chromium"].find(existsSync);
export const SCREENS = ["live", "coroutines", "report", "health"];
export const DESK = { width: 1280, height: 800 }, PHONE = { width: 390, height: 844 };

export const launch = () => chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });

// open makes a tab; what the page complains of (console errors, uncaught errors, breaches of the policy) gathers in tab.complaints.
export async function open(browser, url, { size = DESK, scheme = "dark", screen = "live", context } = {}) {
  const own = context ?? (await browser.newContext({ viewport: size, colorScheme: scheme }));
  const page = await own.newPage();
  page.complaints = [];
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) page.complaints.push(`${m.type()}: ${m.text()}`); });
  page.on("pageerror", (e) => page.complaints.push(`uncaught: ${e.message}`));
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`)));
  await page.goto(url);
  await page.evaluate((s) => { location.hash = s; }, screen);
  await page.waitForSelector(`main.${screen} .panel`);
  return page;
}

export async function show(page, screen) {
  await page.evaluate((s) => { location.hash = s; }, screen);
  await page.waitForSelector(`main.${screen} .panel`);
  await page.waitForFunction(() => !document.querySelector("main .none")?.textContent.startsWith("Waiting"));
}

// axe is red on any violation, and says where.
export async function axe(page, name) {
  // As text it would be an inline script, which the policy forbids: the debugger's way is not bound by it.
  const { readFile } = await import("node:fs/promises");
  await page.evaluate(await readFile(AXE, "utf8"));
  const found = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ["violations"] })).violations
    .map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? n.failureSummary ?? "")).join(" | ")}`));
  assert.deepEqual(found, [], `${name}: axe-core`);
}

// fits is red where the page is wider than the window, or where a heading or a number of the header is cut off.
export async function fits(page, name) {
  const wrong = await page.evaluate(() => {
    const out = [];
    if (document.documentElement.scrollWidth > innerWidth) out.push(`the page is ${document.documentElement.scrollWidth} wide in a window of ${innerWidth}`);
    for (const el of document.querySelectorAll("header.top *, main h2")) {
      const r = el.getBoundingClientRect();
      if (r.width && (r.right > innerWidth + 1 || r.left < -1)) out.push(`${el.tagName} ${el.className} "${el.textContent.slice(0, 30)}" is outside`);
    }
    return out;
  });
  assert.deepEqual(wrong, [], name);
}

// places says what is painted where on a canvas: how many of its pixels are near a colour (r, g, b).
export const painted = (page, selector, rgb) => page.evaluate(([sel, [r, g, b]]) => {
  const c = document.querySelector(sel), d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
  let n = 0;
  for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200 && Math.abs(d[i] - r) < 30 && Math.abs(d[i + 1] - g) < 30 && Math.abs(d[i + 2] - b) < 30) n++;
  return n;
}, [selector, rgb]);
