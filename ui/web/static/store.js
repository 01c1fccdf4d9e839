// The state of the page: the last view joined with what earlier ones had (lists of a view that is not full hold the newest items
// only), the line's state, and the person's own settings. Screens read the signals; transport.js and the keyboard write them.
import { signal, computed } from "./html.js";

// Bounds of what the page keeps, the same as the server's.
const KEEP = { trades: 60, candles: 600, marks: 500, fills: 500, alarms: 100, curve: 2000, trips: 500 };

export const view = signal(null); // joined
export const line = signal({ state: "connecting", text: "", since: Date.now(), retryAt: 0 }); // connecting, open, lost, ended
export const lastAt = signal(0); // when the newest view came, on this browser's monotonic clock
export const tick = signal(0); // counts half seconds, for what ages without a message

export const screen = signal("live");
export const symbol = signal("");
export const span = signal(0); // seconds; 0: chosen by what there is
export const utc = signal(recall("utc", "1") === "1");
export const theme = signal(recall("theme", "auto")); // auto, dark, light
export const dialog = signal(null); // what is asked: {kind, ...}
export const toasts = signal([]);

const LATE = 2500; // milliseconds without a view from which on the page says that it is old

// old says that nothing on the page is current: no line, or no view for a while.
export const old = computed(() => {
  tick.value;
  if (line.value.state === "ended") return true;
  // Of a run that has ended no further view comes: it is final, not late.
  if (line.value.state === "open" && view.value?.header.phase === "ended") return false;
  return line.value.state !== "open" || performance.now() - lastAt.value > LATE;
});
export const ended = computed(() => line.value.state === "ended" || view.value?.header.phase === "ended");
export const market = computed(() => {
  const all = view.value?.markets ?? [];
  return all.find((m) => m.symbol === symbol.value) ?? all[0] ?? null;
});
// stale says that the market's numbers must not pose as current.
export const stale = computed(() => old.value || ended.value || !market.value || market.value.stale);

export function recall(key, otherwise) {
  try { return localStorage.getItem("baton." + key) ?? otherwise; } catch { return otherwise; }
}
export function remember(key, text) {
  try { localStorage.setItem("baton." + key, text); } catch { /* a browser without storage forgets */ }
}

let nextToast = 1;
export function toast(text, kind = "note") {
  const id = nextToast++;
  toasts.value = [...toasts.value.slice(-3), { id, text, kind }];
  setTimeout(() => { toasts.value = toasts.value.filter((t) => t.id !== id); }, kind === "alarm" ? 12000 : 5000);
}

// join puts a tail behind what was there: items are told apart by key, the newer one wins, order stays ascending.
export function join(had, tail, key, keep) {
  if (!had?.length) return tail;
  if (!tail.length) return had;
  const first = key(tail[0]);
  let i = had.length;
  while (i > 0 && key(had[i - 1]) >= first) i--;
  const all = had.slice(0, i).concat(tail);
  return all.length > keep ? all.slice(all.length - keep) : all;
}

// holed says that items are missing between what was there and a tail of numbered ones.
const holed = (had, tail) => had?.length > 0 && tail.length > 0 && tail[0].n > had[had.length - 1].n + 1;

// apply takes a view. It returns true where a whole view must be asked for.
export function apply(next) {
  const was = view.value;
  lastAt.value = performance.now();
  if (!was || next.full) {
    view.value = { ...next, coroutines: next.coroutines ?? was?.coroutines ?? null,
      report: next.report ?? was?.report ?? null, health: next.health ?? was?.health ?? null };
    return false;
  }
  let hole = holed(was.account.fills, next.account.fills) || holed(was.alarms, next.alarms);
  const markets = next.markets.map((m) => {
    const had = was.markets.find((w) => w.symbol === m.symbol);
    if (!had) { hole = true; return m; }
    hole ||= holed(had.fill_marks, m.fill_marks);
    return joinMarket(had, m, () => { hole = true; });
  });
  const [report, more] = joinReport(was.report, next.report);
  view.value = {
    ...next, markets, report,
    account: { ...next.account, fills: join(was.account.fills, next.account.fills, (f) => f.n, KEEP.fills) },
    alarms: join(was.alarms, next.alarms, (a) => a.n, KEEP.alarms),
    coroutines: next.coroutines ?? was.coroutines,
    health: next.health ?? was.health,
  };
  return hole || more;
}

function joinMarket(had, m, hole) {
  const spans = m.spans.map((s) => {
    const w = had.spans.find((x) => x.span_s === s.span_s);
    const list = join(w?.list, s.list, (c) => c.t, KEEP.candles);
    // A tail as long as its bound that begins behind the last candle known may have left some out.
    if (w?.list.length && s.list.length >= 20 && s.list[0].t > w.list[w.list.length - 1].t) hole();
    return { ...s, list };
  });
  return { ...m, spans,
    trades: join(had.trades, m.trades, (t) => t.id, KEEP.trades),
    fill_marks: join(had.fill_marks, m.fill_marks, (f) => f.n, KEEP.marks) };
}

function joinReport(had, next) {
  if (!next) return [had, false];
  if (!had) return [next, next.curve_from > 0];
  // What was open is open still, or has ended: only the newer view knows, and its tail may begin behind that one's end.
  const settled = had.trips.filter((t) => t.close_ms !== null);
  const trips = join(settled, next.trips, (t) => t.n, KEEP.trips);
  const missed = holed(settled, next.trips) || (settled.length === 0 && next.trips.length > 0 && next.trips[0].n > 1);
  if (had.curve_generation !== next.curve_generation) return [{ ...next, trips }, true];
  const at = next.curve_from - had.curve_from;
  const hole = next.curve.length > 0 && (at < 0 || at > had.curve.length);
  const curve = hole ? next.curve : had.curve.slice(0, at).concat(next.curve);
  return [{ ...next, trips, curve, curve_from: hole ? next.curve_from : had.curve_from }, hole || missed];
}

// A fill or an alarm that came by itself, before the view that holds it.
export function addFill(fill) {
  const v = view.value;
  if (!v) return;
  view.value = { ...v, account: { ...v.account, fill_count: Math.max(v.account.fill_count, fill.n),
    fills: join(v.account.fills, [fill], (f) => f.n, KEEP.fills) } };
}
export function addAlarm(alarm) {
  const v = view.value;
  if (v && !v.alarms.some((a) => a.n === alarm.n)) view.value = { ...v, alarms: join(v.alarms, [alarm], (a) => a.n, KEEP.alarms) };
}
