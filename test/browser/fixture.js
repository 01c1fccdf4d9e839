// A stand-in for the run: it serves the page under the same policy, and speaks PROTOCOL.md with made-up views. It exists for what a
// sound run does not show: a lost line, a stale feed, an order of unknown outcome, a live badge, a task that is slow, a long list.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2" };
const START = Date.UTC(2024, 7, 8, 21, 0, 0);

// A small generator of the fixture's own, so that each run draws the same.
function seeded(s) {
  return () => { s = (s * 1664525 + 1013904223) >>> 0; return s / 2 ** 32; };
}

export class Fixture {
  constructor(changes = {}) {
    this.rand = seeded(7);
    this.now = START;
    this.px = 61803.3;
    this.seq = 0;
    this.trades = []; this.fills = []; this.marks = []; this.steps = []; this.alarms = []; this.audit = []; this.curve = []; this.trips = [];
    this.spans = [1, 10, 60, 300, 3600].map((s) => ({ span_s: s, list: [] }));
    this.pos = 0; this.entry = 0; this.wallet = 10000; this.fees = 0; this.real = 0; this.id = 0; this.stepN = 0; this.us = 0; this.peak = 10000;
    this.state = { mode: "DEMO", feed: "exact", unknown: false, paused: false, speed: 20, entries: false, killed: false, halted: false, phase: "running", ...changes };
    this.received = [];
    for (let i = 0; i < 2600; i++) this.move(1000);
  }
  move(ms) {
    this.now += ms;
    const n = 1 + Math.floor(this.rand() * 3);
    for (let i = 0; i < n; i++) {
      this.px = Math.round((this.px + (this.rand() - 0.5) * 6 + Math.sin(this.now / 4e5) * 0.35) * 10) / 10;
      const q = Math.ceil(this.rand() ** 3 * 900) / 1000, buy = this.rand() > 0.5;
      const mine = this.rand() < 0.02;
      this.trades.push({ id: ++this.id, at_ms: this.now, px: this.px.toFixed(1), qty: q.toFixed(3), side: buy ? "BUY" : "SELL", mine });
      for (const s of this.spans) {
        const t = Math.floor(this.now / 1000 / s.span_s) * s.span_s, last = s.list.at(-1);
        if (!last || last.t !== t) s.list.push({ t, o: this.px, h: this.px, l: this.px, c: this.px, v: q, tb: buy ? q : 0, n: 1 });
        else { last.h = Math.max(last.h, this.px); last.l = Math.min(last.l, this.px); last.c = this.px; last.v += q; last.n++; }
        if (s.list.length > 600) s.list.shift();
      }
      if (mine) this.fill();
    }
    if (this.trades.length > 60) this.trades.splice(0, this.trades.length - 60);
    const e = this.equity();
    this.peak = Math.max(this.peak, e);
    if (this.curve.length < 1900) this.curve.push({ at_ms: this.now, equity: e, drawdown: e / this.peak - 1, exposure: (this.pos * this.px) / e });
  }
  equity() { return this.wallet + this.pos * (this.px - this.entry); }
  fill() {
    const buy = this.pos <= 0, q = 0.005 * (1 + Math.floor(this.rand() * 3)), maker = this.rand() > 0.25, signed = buy ? q : -q;
    let realised = 0;
    if (this.pos !== 0 && Math.sign(this.pos) !== Math.sign(signed)) realised = this.pos * (this.px - this.entry);
    const fee = q * this.px * (maker ? 0.0002 : 0.0004);
    if (realised) this.trips.push({ n: this.trips.length + 1, symbol: "BTCUSDT", side: this.pos > 0 ? "LONG" : "SHORT", open_ms: this.now - 41000, close_ms: this.now, qty: Math.abs(this.pos).toFixed(3), entry: this.entry.toFixed(2), exit: this.px.toFixed(2), gross: realised.toFixed(8), fees: (fee * 2).toFixed(8), funding: "0", net: (realised - 2 * fee).toFixed(8), fills: 2, hold_ms: 41000, maker_percent: maker ? 100 : 50 });
    this.pos = signed; this.entry = this.px; this.real += realised; this.fees += fee; this.wallet += realised - fee;
    const n = this.fills.length + 1;
    this.fills.push({ n, trade: this.id, order: n, symbol: "BTCUSDT", at_ms: this.now, side: buy ? "BUY" : "SELL", px: this.px.toFixed(2), qty: q.toFixed(3), maker, fee: fee.toFixed(8), fee_asset: "USDT", realised: realised.toFixed(8), position: this.pos.toFixed(3), wallet: this.wallet.toFixed(8) });
    this.marks.push({ n, t: Math.floor(this.now / 1000), at_ms: this.now, side: buy ? "BUY" : "SELL", px: this.px, price: this.px.toFixed(2), qty: q.toFixed(3), maker });
  }
  ladder() {
    const side = (dir, mine) => {
      let cum = 0;
      return Array.from({ length: 12 }, (_, i) => { const q = Math.ceil(this.rand() * 4000) / 1000; cum += q; return { px: (this.px + dir * (0.05 + i * 0.1)).toFixed(1) + "0", qty: q.toFixed(3), cum: cum.toFixed(3), bar: cum, mine: i === mine ? "0.005" : null, added: false }; });
    };
    const bids = side(-1, 2), asks = side(1, 4), most = Math.max(bids.at(-1).bar, asks.at(-1).bar);
    for (const l of [...bids, ...asks]) l.bar /= most;
    return { bids, asks };
  }
  tasks() {
    const t = (id, parent, depth, name, awaits, since, rate, site) => ({ id, parent, depth, name, state: "parked", awaits, since_ms: since, wakes: Math.round(rate * 90), wakes_per_s: rate * (0.9 + this.rand() * 0.2), ran_us: Math.round(rate * 3100), cancelled: false, site, await_site: "" });
    return [t(1, 0, 0, "main", "group of 6", 91000, 0.1, "app/demo.go:61"), t(2, 1, 1, "exchange", "sleep 100 ms", 31, 20, "exchange/server/serve.go:88"), t(3, 2, 2, "http 127.0.0.1:41213", "read of a request", 800, 2, "netio/server.go:140"),
      t(4, 2, 2, "stream btcusdt", "queue", 4, 190, "exchange/server/stream.go:52"), t(5, 1, 1, "feed BTCUSDT", "read of a frame", 4, 190, "binance/feed.go:120"), t(6, 1, 1, "user stream", "read of a frame", 320, 6, "binance/user.go:77"),
      t(7, 1, 1, "orders", "queue", 310, 9, "binance/orders.go:64"), t(8, 1, 1, "strategy maker", "watch top, fill", 3, 120, "strategy/maker.go:42"), t(9, 8, 2, "quote 318", "outcome of order 318", 2, 12, "strategy/maker.go:77"),
      t(10, 1, 1, "journal", "flush", 12, 30, "journal/flush.go:31"), t(11, 1, 1, "view", "sleep 100 ms", 60, 10, "app/view.go:28")];
  }
  walk() {
    const way = [[5, 0, 31], [8, 5, 22], [9, 8, 14], [7, 9, 41], [2, 0, 18], [4, 2, 9], [6, 0, 12], [8, 6, 26], [10, 8, 33]];
    for (const [task, by, us] of way) {
      if (by === 0) this.us += 900 + Math.floor(this.rand() * 4000);
      const took = us * (0.6 + this.rand());
      this.steps.push({ n: ++this.stepN, task, name: this.tasks().find((t) => t.id === task).name, by, at_us: Math.floor(this.us), took_us: took, now_ms: this.now });
      this.us += took + 1;
    }
    if (this.steps.length > 400) this.steps.splice(0, this.steps.length - 400);
  }
  histogram(name, p50, note, clock = "wall") {
    const buckets = [];
    for (let i = 0, e = p50 / 8; i < 14; i++, e *= 1.7) buckets.push({ le_us: e, count: Math.round(40000 * Math.exp(-((i - 4) ** 2) / 5)) });
    return { name, clock, note, count: 118204, p50_us: p50, p90_us: p50 * 2.1, p99_us: p50 * 5, p999_us: p50 * 11, max_us: p50 * 38, buckets };
  }
  view(full) {
    const s = this.state, money = (x) => x.toFixed(8), tail = (a, n) => (full ? a : a.slice(-n));
    const upnl = this.pos * (this.px - this.entry), e = this.equity();
    const value = (key, label, v, unit, convention) => ({ key, label, value: v, unit, convention });
    return {
      schema: "baton.view/1", seq: ++this.seq, full,
      header: { mode: s.mode, phase: s.phase, strategy: "maker", version: "fixture", start_ms: START, now_ms: this.now, wall_ms: Date.now(), done: null, clock: { kind: "paced", speed: s.speed, paused: s.paused, control: true }, asset: "USDT", equity: money(e), day_profit: money(e - 10000), trading: s.killed ? "stopped" : "normal", entries_paused: s.entries, killed: s.killed, read_only: "" },
      markets: [{ symbol: "BTCUSDT", base: "BTC", quote: "USDT", tick: "0.10", price_places: 2, qty_places: 3, feed: s.feed, age_ms: s.feed === "exact" ? 12 : 8300, stale: s.feed !== "exact", mark: (this.px - 0.7).toFixed(2), index: (this.px - 3.1).toFixed(2), last: this.px.toFixed(2), funding_rate: "0.0001", funding_ms: START + 3 * 3600e3, spread: "0.10", imbalance: 0.42, ...this.ladder(), trades: tail(this.trades, 30),
        spans: this.spans.map((x) => ({ ...x, list: tail(x.list, 20) })), lines: [{ kind: "entry", px: this.entry.toFixed(2), side: this.pos > 0 ? "BUY" : "SELL", qty: Math.abs(this.pos).toFixed(3), order: null }, { kind: "order", px: (this.px - 4).toFixed(1), side: "BUY", qty: "0.005", order: 318 }, { kind: "order", px: (this.px + 5).toFixed(1), side: "SELL", qty: "0.005", order: 319 }, { kind: "liquidation", px: "48211.40", side: null, qty: null, order: null }], fill_marks: tail(this.marks, 20), late_trades: 0 }],
      account: { wallet: money(this.wallet), realised: money(this.real), fees: money(this.fees), funding: "0", positions: this.pos ? [{ symbol: "BTCUSDT", side: this.pos > 0 ? "LONG" : "SHORT", qty: this.pos.toFixed(3), entry: this.entry.toFixed(2), mark: this.px.toFixed(2), liquidation: "48211.40", notional: (Math.abs(this.pos) * this.px).toFixed(2), profit: money(upnl), realised: money(this.real), fees: money(this.fees) }] : [],
        orders: [318, 319].map((id, i) => ({ id, symbol: "BTCUSDT", at_ms: this.now - 810, age_ms: 810 + i * 400, side: i ? "SELL" : "BUY", type: "LIMIT", tif: "GTX", px: (this.px + (i ? 5 : -4)).toFixed(2), qty: "0.005", filled: "0.000", reduce_only: i === 1, state: s.unknown && i ? "unknown" : "resting", unknown: s.unknown && i === 1 })), fills: tail(this.fills, 20), fill_count: this.fills.length, placed: 322, refused: 1 },
      coroutines: { loop: { passes: 88123, handles: 318442 + this.stepN, switches: 290113, handles_per_s: 3420, busy: 0.061 }, tasks: this.tasks(), more: 0, steps: this.steps.slice(), step_seq: this.stepN, skipped: 0, slow: [{ at_ms: this.now - 9000, task: "strategy maker", site: "strategy/maker.go:77", took_ms: 12.4 }], slow_us: 5000 },
      report: { final: false, result: null, start_ms: START, stop_ms: null, curve: full ? this.curve : this.curve.slice(-10), curve_from: full ? 0 : Math.max(0, this.curve.length - 10), curve_generation: 0, trips: tail(this.trips, 10), trip_count: this.trips.length,
        values: [value("net", "Net profit", money(e - 10000), "money", "equity now less equity at the start"), value("fees", "Fees", money(this.fees), "money", "paid, from the venue's fills"), value("funding", "Funding", "0", "money", "received: positive"), value("max_drawdown", "Largest drawdown", "-0.031", "percent", "lowest of equity / highest so far - 1, on the samples of the curve"), value("sharpe", "Sharpe ratio", null, "ratio", "n/a: needs 30 whole days"), value("trips", "Round trips", String(this.trips.length), "count", "from flat to flat or to the other side")],
        conventions: ["Days are UTC days.", "Equity is wallet plus open profit at the mark price."], warnings: ["fewer than 30 days: no figure is annualised"] },
      health: { latencies: [this.histogram("frame to strategy", 18, "From the frame's read to the strategy's wake."), this.histogram("decide to send", 41, "From the decision to the bytes on the socket."), this.histogram("send to ack", 2400, "From the send to the venue's answer.", "run")], connects: 3, losses: 1, gaps: 1, resyncs: 1, bad: 0, messages: 118204, messages_per_s: 412, stale_wakes: 1, stale_reads: 0, unknown: 1, queries: 1, budgets: [{ name: "weight/1m", used: 112, limit: 2400 }, { name: "orders/10s", used: 262, limit: 300 }], lag: this.histogram("loop lag", 9, "How late the loop ran what the page posted to it."), goroutines: 41, heap_bytes: 31234567, gc_pause_us: 84, uptime_ms: 93123, tabs: 1, dropped: 0, incidents: [{ at_ms: this.now - 60000, kind: "stale", text: "BTCUSDT: pu 881 does not follow u 879" }, { at_ms: this.now - 59000, kind: "exact", text: "BTCUSDT: snapshot and diffs join" }] },
      alarms: tail(this.alarms, 10), audit: this.audit,
    };
  }

  // serve listens on a free port of loopback and returns the page's address.
  async serve(port = 0) {
    this.server = createServer((q, a) => this.answer(q, a));
    this.ws = new WebSocketServer({ server: this.server, path: "/ws" });
    this.ws.on("connection", (c) => { c.send(JSON.stringify({ type: "view", view: this.view(true) })); c.on("message", (m) => this.take(c, JSON.parse(m))); });
    await new Promise((done) => this.server.listen(port, "127.0.0.1", done));
    this.timer = setInterval(() => {
      if (this.state.halted) return;
      if (!this.state.paused) { this.move(2000); this.walk(); }
      this.say({ type: "view", view: this.view(false) });
    }, 100);
    return `http://127.0.0.1:${this.server.address().port}/`;
  }
  say(m) { for (const c of this.ws.clients) c.send(JSON.stringify(m)); }
  cut() { for (const c of this.ws.clients) c.terminate(); }
  close() { clearInterval(this.timer); this.cut(); this.server.closeAllConnections(); return new Promise((done) => this.server.close(done)); }
  take(c, m) {
    this.received.push(m);
    const say = (x) => c.send(JSON.stringify({ id: m.id, ...x }));
    if (m.type === "full") return c.send(JSON.stringify({ type: "view", view: this.view(true) }));
    if (m.type !== "command") return;
    if (["kill", "cancel-all", "resume"].includes(m.name) && !m.token) return say({ type: "confirm", token: "T", text: m.name === "kill" ? "This stops all new orders until the next start." : "Every open order is cancelled.", ...(m.name === "kill" ? { needs: "KILL" } : {}) });
    if (m.name === "pause") this.state.entries = true;
    if (m.name === "resume") this.state.entries = false;
    if (m.name === "kill") this.state.killed = true;
    if (m.name === "clock.pause") this.state.paused = true;
    if (m.name === "clock.resume") this.state.paused = false;
    if (m.name === "clock.speed") this.state.speed = Number(m.arg);
    this.audit.push({ n: this.audit.length + 1, wall_ms: Date.now(), at_ms: this.now, from: "127.0.0.1 session 1", name: m.name, arg: m.arg, result: "done", ok: true });
    say({ type: "ack", ok: true, text: `${m.name}: done` });
  }
  async answer(q, a) {
    const nonce = randomBytes(12).toString("base64"), url = new URL(q.url, "http://x").pathname;
    a.setHeader("Content-Security-Policy", `default-src 'none'; script-src 'nonce-${nonce}' 'self'; style-src 'nonce-${nonce}' 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`);
    const file = url === "/" ? "ui/web/static/index.html" : url.startsWith("/static/") ? "ui/web" + url : url.startsWith("/webasset/") ? "webasset/npm/" + url.slice(10) : "";
    try {
      let text = await readFile(path.join(ROOT, path.normalize("/" + file)));
      if (url === "/") text = String(text).replaceAll("{{nonce}}", nonce).replaceAll("{{csrf}}", "c");
      a.setHeader("Content-Type", TYPES[path.extname(file)] ?? "text/plain");
      a.end(text);
    } catch { a.writeHead(404).end("not found"); }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const f = new Fixture({ mode: process.argv[3] ?? "DEMO" });
  console.log(await f.serve(Number(process.argv[2] ?? 0)));
}
