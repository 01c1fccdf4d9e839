// The keyboard: every shortcut in one table, which the help shows as it is. A shortcut that touches orders opens a question, never more.
import * as store from "./store.js";
import { command } from "./transport.js";

export const go = (name) => { location.hash = name; };
const paced = () => store.view.value?.header.clock.control;

export function cycleTheme() {
  const order = ["auto", "dark", "light"];
  store.theme.value = order[(order.indexOf(store.theme.value) + 1) % 3];
  store.remember("theme", store.theme.value);
  store.toast(`Theme: ${store.theme.value === "auto" ? "as the system" : store.theme.value}`);
}
export function toggleZone() {
  store.utc.value = !store.utc.value;
  store.remember("utc", store.utc.value ? "1" : "0");
}
export function turnClock() {
  command(store.view.value.header.clock.paused ? "clock.resume" : "clock.pause");
}
export const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
export function turnSpeed(by) {
  const now = store.view.value.header.clock.speed ?? 1;
  const i = SPEEDS.findIndex((s) => s >= now);
  const next = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, (i < 0 ? SPEEDS.length - 1 : i) + by))];
  command("clock.speed", String(next));
}
function turnSpan(by) {
  const spans = store.market.value?.spans.map((s) => s.span_s) ?? [];
  const i = spans.indexOf(store.span.value);
  store.span.value = spans[Math.max(0, Math.min(spans.length - 1, (i < 0 ? 0 : i) + by))] ?? 0;
}
function turnSymbol(by) {
  const all = store.view.value?.markets ?? [];
  const i = all.findIndex((m) => m.symbol === store.market.value?.symbol);
  if (all.length) store.symbol.value = all[(i + by + all.length) % all.length].symbol;
}

export const KEYS = [
  { keys: ["1"], text: "Live", run: () => go("live") },
  { keys: ["2"], text: "Coroutines", run: () => go("coroutines") },
  { keys: ["3"], text: "Report", run: () => go("report") },
  { keys: ["4"], text: "Health", run: () => go("health") },
  { keys: ["[", "]"], text: "Shorter, longer candles", run: (k) => turnSpan(k === "[" ? -1 : 1) },
  { keys: ["s"], text: "Next symbol", run: () => turnSymbol(1) },
  { keys: ["c"], text: "Pause or resume a paced clock", when: paced, run: turnClock },
  { keys: ["."], text: "One step of 100 ms while it is paused", when: paced, run: () => command("clock.step", "100") },
  { keys: ["-", "+"], text: "Slower, faster clock", when: paced, run: (k) => turnSpeed(k === "-" ? -1 : 1) },
  { keys: ["/"], text: "Filter the tasks", run: () => { go("coroutines"); setTimeout(() => document.getElementById("filter")?.focus(), 60); } },
  { keys: ["u"], text: "Times in UTC or local", run: toggleZone },
  { keys: ["t"], text: "Theme: system, dark, light", run: cycleTheme },
  { keys: ["p"], text: "Pause or resume entries", run: () => command(store.view.value?.header.entries_paused ? "resume" : "pause") },
  { keys: ["x"], text: "Cancel all orders: asks first", run: () => command("cancel-all") },
  { keys: ["K"], text: "Kill switch: asks first", run: () => command("kill") },
  { keys: ["?"], text: "This list", run: () => { store.dialog.value = { kind: "help" }; } },
];

export function onKey(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || e.repeat || store.dialog.value || !store.view.value) return;
  if (e.target.closest?.("input, select, textarea")) {
    if (e.key === "Escape") e.target.blur();
    return;
  }
  const k = e.key === "=" ? "+" : e.key;
  const hit = KEYS.find((x) => x.keys.includes(k));
  if (!hit || (hit.when && !hit.when())) return;
  e.preventDefault();
  hit.run(k);
}
