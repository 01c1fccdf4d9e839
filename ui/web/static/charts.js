// The two chart libraries behind small faces: candles (lightweight-charts) and lines over time (uPlot). Colours come from the style
// sheet, so that a change of theme reaches the pixels too.
import { createChart, createSeriesMarkers, CandlestickSeries, HistogramSeries, LineStyle, CrosshairMode } from "lightweight-charts";
import uPlot from "uplot";
import { html, useEffect, useRef } from "./html.js";
import * as store from "./store.js";
import { clock, num, plain } from "./format.js";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Candles draws one span of a market: volume below, our fills as arrows, our lines across.
export function Candles({ m, list, span, stale }) {
  const box = useRef(null);
  const chart = useRef(null);
  const tip = useRef(null);
  useEffect(() => {
    chart.current = new CandleChart(box.current, tip.current);
    return () => chart.current.remove();
  }, []);
  useEffect(() => { chart.current.paint(stale); }, [store.theme.value, document.documentElement.dataset.theme, stale]);
  useEffect(() => { chart.current.show(m, list, span, store.utc.value); });
  const last = list.at(-1);
  return html`<div class="candles" role="img" aria-label=${last ? `Candles of ${span} seconds of ${m.symbol}, the newest closes at ${last.c}; ${m.fill_marks.length} of our fills` : "No candle yet"}>
    <div class="box" ref=${box} /><div class="tip" ref=${tip} hidden /></div>`;
}

const LINE = {
  entry: ["--gold", LineStyle.Solid, 2, "entry"],
  liquidation: ["--alarm", LineStyle.SparseDotted, 2, "liquidation"],
};
const NEAR = 0.02; // lines farther than this from the price do not squeeze the candles

class CandleChart {
  constructor(box, tip) {
    this.tip = tip;
    this.key = "";
    this.lines = new Map();
    this.fills = [];
    this.chart = createChart(box, {
      autoSize: true,
      layout: { attributionLogo: false, fontFamily: "Inter, system-ui, sans-serif", fontSize: 11 },
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { timeVisible: true, secondsVisible: true, rightOffset: 6, barSpacing: 8, minBarSpacing: 1 },
      rightPriceScale: { scaleMargins: { top: 0.08, bottom: 0.24 }, entireTextOnly: true },
      localization: { priceFormatter: (p) => this.price(p), timeFormatter: (t) => clock(t * 1000, this.utc) },
    });
    this.volume = this.chart.addSeries(HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false });
    this.chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.candles = this.chart.addSeries(CandlestickSeries, { autoscaleInfoProvider: (was) => this.widen(was()), borderVisible: true, priceLineStyle: LineStyle.Dotted });
    this.marks = createSeriesMarkers(this.candles, []);
    this.chart.subscribeCrosshairMove((p) => this.hover(p));
  }
  remove() { this.chart.remove(); }
  price(p) { return plain(p.toFixed(this.places ?? 2)); }
  // widen makes room for our own lines near the price: the library counts candles only.
  widen(info) {
    if (!info?.priceRange) return info;
    let { minValue: lo, maxValue: hi } = info.priceRange;
    for (const { px } of this.lines.values()) {
      if (Math.abs(px / ((lo + hi) / 2) - 1) < NEAR && px > lo - 2 * (hi - lo) && px < hi + 2 * (hi - lo)) { lo = Math.min(lo, px); hi = Math.max(hi, px); }
    }
    return { ...info, priceRange: { minValue: lo, maxValue: hi } };
  }
  paint(stale) {
    const up = css(stale ? "--flat" : "--up"), down = css(stale ? "--faint" : "--down"), grid = css("--grid");
    this.colours = { up: css(stale ? "--flat" : "--up-soft"), down: css(stale ? "--faint" : "--down-soft"), upMark: up, downMark: down };
    this.stale = stale;
    for (const { line } of this.lines.values()) this.candles.removePriceLine(line);
    this.lines.clear();
    this.chart.applyOptions({
      layout: { background: { color: css("--panel") }, textColor: css("--muted") },
      grid: { vertLines: { color: grid }, horzLines: { color: grid } },
      rightPriceScale: { borderColor: grid }, timeScale: { borderColor: grid },
      crosshair: { vertLine: { color: css("--faint"), labelBackgroundColor: css("--raise") }, horzLine: { color: css("--faint"), labelBackgroundColor: css("--raise") } },
    });
    this.candles.applyOptions({ upColor: css("--panel"), downColor: down, borderUpColor: up, borderDownColor: down, wickUpColor: up, wickDownColor: down });
    this.key = ""; // all bars anew, in these colours
  }
  show(m, list, span, utc) {
    const key = `${m.symbol} ${span} ${utc}`;
    const first = list[0]?.t ?? 0;
    if (key !== this.key || first > this.end || list.length < this.count) this.whole(m, list, key, utc);
    else this.tail(list);
    this.end = list.at(-1)?.t ?? 0;
    this.count = list.length;
    this.setLines(m.lines);
    this.setMarks(m.fill_marks, list, span);
  }
  whole(m, list, key, utc) {
    const fit = key.split(" ").slice(0, 2).join(" ") !== this.key0;
    this.key = key;
    this.key0 = key.split(" ").slice(0, 2).join(" ");
    this.utc = utc;
    this.places = m.price_places;
    this.candles.applyOptions({ priceFormat: { type: "custom", minMove: Number(m.tick), formatter: (p) => this.price(p) } });
    this.chart.applyOptions({ timeScale: { tickMarkFormatter: (t) => clock(t * 1000, utc).slice(0, 8) } });
    this.candles.setData(list.map(bar));
    this.volume.setData(list.map((c) => this.vol(c)));
    if (fit) this.chart.timeScale().setVisibleLogicalRange({ from: list.length < 60 ? list.length - 60 : Math.max(-4, list.length - 110), to: list.length + 5 });
    this.markKey = "";
  }
  tail(list) {
    for (let i = Math.max(0, list.findLastIndex((c) => c.t <= this.end)); i < list.length; i++) {
      if (list[i].t < this.end) continue;
      this.candles.update(bar(list[i]));
      this.volume.update(this.vol(list[i]));
    }
  }
  vol(c) { return { time: c.t, value: c.v, color: c.c >= c.o ? this.colours.up : this.colours.down }; }
  setLines(lines) {
    const left = new Set(this.lines.keys());
    for (const l of lines) {
      const key = `${l.kind} ${l.order ?? ""} ${l.px} ${l.qty ?? ""}`;
      left.delete(key);
      if (this.lines.has(key)) continue;
      const [colour, style, width, word] = LINE[l.kind] ?? [l.side === "BUY" ? "--up" : "--down", LineStyle.Dashed, 1, l.side === "BUY" ? "buy" : "sell"];
      this.lines.set(key, { px: Number(l.px), line: this.candles.createPriceLine({
        price: Number(l.px), color: css(this.stale ? "--faint" : colour), lineStyle: style, lineWidth: width, axisLabelVisible: true, title: `${word}${l.qty ? " " + plain(l.qty) : ""}` }) });
    }
    for (const key of left) {
      this.candles.removePriceLine(this.lines.get(key).line);
      this.lines.delete(key);
    }
  }
  setMarks(marks, list, span) {
    this.fills = marks;
    this.span = span;
    const key = `${marks.at(-1)?.n} ${marks.length} ${list[0]?.t}`;
    if (key === this.markKey) return;
    this.markKey = key;
    // Fills of one side in one candle share an arrow; the pointer tells each of them.
    const arrows = new Map();
    for (const f of marks) {
      const time = f.t - (f.t % span);
      if (time < (list[0]?.t ?? Infinity)) continue;
      const at = `${time} ${f.side}`;
      const a = arrows.get(at) ?? { time, side: f.side, fills: [] };
      a.fills.push(f);
      arrows.set(at, a);
    }
    const all = [...arrows.values()];
    this.marks.setMarkers(all.map((a, i) => ({
      time: a.time, position: a.side === "BUY" ? "belowBar" : "aboveBar", shape: a.side === "BUY" ? "arrowUp" : "arrowDown",
      color: a.side === "BUY" ? this.colours.upMark : this.colours.downMark, size: a.fills.every((f) => f.maker) ? 0.8 : 1.3,
      text: i < all.length - 1 ? undefined : a.fills.length > 1 ? `${a.fills.length} fills` : `${a.fills[0].qty} ${a.fills[0].maker ? "maker" : "taker"}` })));
  }
  hover(p) {
    const c = p.time && p.seriesData.get(this.candles);
    this.tip.hidden = !c;
    if (!c) return;
    const fills = this.fills.filter((f) => f.t - (f.t % this.span) === p.time);
    const v = p.seriesData.get(this.volume);
    this.tip.textContent = [
      `${clock(p.time * 1000, this.utc)}  O ${this.price(c.open)}  H ${this.price(c.high)}  L ${this.price(c.low)}  C ${this.price(c.close)}  V ${num(v?.value)}`,
      ...fills.slice(-5).map((f) => `${f.side === "BUY" ? "▲ bought" : "▼ sold"} ${f.qty} at ${plain(f.price)}, ${f.maker ? "maker" : "taker"}`),
      ...(fills.length > 5 ? [`and ${fills.length - 5} fills before`] : []),
    ].join("\n");
  }
}

const bar = (c) => ({ time: c.t, open: c.o, high: c.h, low: c.l, close: c.c });

// Lines draws one series over time, cursors of the same group in step. fmt is for its axis; fill says whether it is an area.
export function Lines({ label, xs, ys, colour, fmt, height = 150, group, stepped = false }) {
  const box = useRef(null);
  const plot = useRef(null);
  const theme = document.documentElement.dataset.theme;
  useEffect(() => {
    const el = box.current;
    const axis = { stroke: css("--muted"), grid: { stroke: css("--grid"), width: 1 }, ticks: { show: false }, font: "11px Inter, system-ui, sans-serif" };
    const stroke = css(colour);
    plot.current = new uPlot({
      width: Math.max(200, el.clientWidth), height, legend: { show: false }, padding: [10, 8, 0, 0],
      cursor: { sync: group ? { key: group } : undefined, points: { size: 7, fill: stroke }, y: false, drag: { x: false, y: false } },
      scales: { x: { time: true } },
      tzDate: (s) => (store.utc.value ? uPlot.tzDate(new Date(s * 1000), "UTC") : new Date(s * 1000)),
      axes: [{ ...axis, space: 90, size: 26, values: (u, t) => t.map((s) => clock(s * 1000, store.utc.value)) }, { ...axis, size: 76, space: 26, values: (u, v) => v.map(fmt) }],
      series: [{}, { label, stroke, width: 1.5, fill: css(colour + "-soft") || undefined, paths: stepped ? uPlot.paths.stepped({ align: 1 }) : undefined, points: { show: false } }],
    }, [xs, ys], el);
    const watch = new ResizeObserver(() => { if (el.clientWidth > 0) plot.current?.setSize({ width: el.clientWidth, height }); });
    watch.observe(el);
    return () => { watch.disconnect(); plot.current.destroy(); plot.current = null; };
  }, [theme, store.utc.value]);
  useEffect(() => { plot.current?.setData([xs, ys]); }, [xs.length, xs.at(-1), ys.at(-1), theme]);
  const y = ys.at(-1);
  return html`<div class="lines" ref=${box} role="img" aria-label=${`${label}, ${xs.length} points, the newest ${y === undefined ? "n/a" : fmt(y)}`} />`;
}
