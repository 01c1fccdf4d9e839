// Numbers as people read them: exact decimals stay exact, and a missing one is n/a.
import test from "node:test";
import assert from "node:assert/strict";
import * as f from "../../ui/web/static/format.js";

test("prices are grouped, signs are shown, nothing passes a float", () => {
  assert.equal(f.plain("63668.20"), "63,668.20");
  assert.equal(f.plain("-1234567.891"), "\u22121,234,567.891");
  assert.equal(f.signed("3.125"), "+3.13");
  assert.equal(f.signed("-3.125"), "\u22123.13");
  assert.equal(f.signed("-0.001"), "0.00");
  assert.equal(f.money("99999999999999999.99500000"), "100,000,000,000,000,000.00");
  assert.equal(f.percent("0.0001"), "+0.0100%");
  assert.equal(f.percent("-0.00375"), "\u22120.3750%");
});

test("what is not known is n/a, never a zero", () => {
  for (const show of [f.plain, f.money, f.signed, f.percent, f.num, f.micros, f.millis, f.countdown, f.bytes, f.count]) assert.equal(show(null), "n/a");
  assert.equal(f.value({ key: "sharpe", value: null, unit: "ratio" }), "n/a");
  assert.equal(f.tone(null), "flat");
});

test("spans are in the unit that fits", () => {
  assert.deepEqual([0.5, 42, 1500, 2e6, 125e6, 7.3e9].map(f.micros), ["500 ns", "42 µs", "1.5 ms", "2.0 s", "2 m 05 s", "2 h 01 m"]);
  assert.equal(f.countdown(3 * 3600e3 + 8 * 60e3 + 1e3), "03:08:01");
  assert.equal(f.clock(Date.UTC(2024, 7, 8, 23, 54, 15, 7), true, 3), "23:54:15.007");
});
