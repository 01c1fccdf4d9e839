// The screen "Health": how well the machinery works.
import { html } from "./html.js";
import * as store from "./store.js";
import { bytes, clock, count, micros, millis, NA, num } from "./format.js";

export function Health() {
  const h = store.view.value.health;
  if (!h) return html`<h1 class="sr">Health</h1><section class="panel"><p class="none">Waiting for the first measurements…</p></section>`;
  const old = store.old.value && !store.ended.value ? " stale" : "";
  return html`<h1 class="sr">Health</h1>
    <div class=${"histograms" + old}>${h.latencies.map((x) => html`<${Histogram} key=${x.name} x=${x} />`)}${h.lag && html`<${Histogram} key="lag" x=${h.lag} />`}</div>
    <${Line} h=${h} old=${old} /><${Machine} h=${h} old=${old} /><${Budgets} h=${h} old=${old} /><${Incidents} h=${h} />`;
}

const ROWS = [["p50_us", "p50"], ["p90_us", "p90"], ["p99_us", "p99"], ["p999_us", "p99.9"], ["max_us", "max"]];

function Histogram({ x }) {
  const most = Math.max(1, ...x.buckets.map((b) => b.count));
  const n = x.buckets.length, slots = Math.max(n, 6), W = 300, H = 84;
  return html`<section class="panel histogram" aria-label=${x.name}><h2>${x.name[0].toUpperCase() + x.name.slice(1)} <small>${count(x.count)} measured, ${x.clock === "run" ? "on the run's clock" : "wall time"}</small></h2>
    ${n === 0 ? html`<p class="none">Nothing measured yet.</p>` : html`<svg viewBox=${`0 0 ${W} ${H}`} preserveAspectRatio="none" role="img" aria-label=${`${x.name}: half of ${x.count} within ${micros(x.p50_us)}, 99 of 100 within ${micros(x.p99_us)}`}>
      ${x.buckets.map((b, i) => { const v = b.count ? Math.max(2, (Math.log10(1 + b.count) / Math.log10(1 + most)) * (H - 4)) : 0; return html`<rect key=${b.le_us} x=${(i * W) / slots + 0.75} y=${H - v} width=${Math.max(1, W / slots - 1.5)} height=${v} class=${i > 0 && x.buckets[i - 1].le_us >= x.p99_us ? "tail" : ""}><title>up to ${micros(b.le_us)}: ${count(b.count)}</title></rect>`; })}
    </svg><div class="edges" style=${{ width: `calc(${(100 * n) / slots}% - ${(24 * n) / slots - 24}px)` }}><span>≤ ${micros(x.buckets[0].le_us)}</span>${n > 4 && html`<span>≤ ${micros(x.buckets[Math.floor((n - 1) / 2)].le_us)}</span>`}${n > 1 && html`<span>≤ ${micros(x.buckets[n - 1].le_us)}</span>`}</div>`}
    <dl class="quantiles">${ROWS.map(([k, t]) => html`<div><dt>${t}</dt><dd>${micros(x[k])}</dd></div>`)}</dl>
    <p class="how">${x.note}${n ? (/[.!?]$/.test(x.note) ? "" : ".") + " Heights are logarithmic; gold is the slowest 1 in 100." : ""}</p></section>`;
}

const Count = ({ name, n, bad, title }) => html`<div class=${"count" + (bad && n > 0 ? " bad" : "")} title=${title}><dt>${name}</dt><dd>${bad && n > 0 ? "▲ " : ""}${typeof n === "number" ? count(n) : n}</dd></div>`;

function Line({ h, old }) {
  return html`<section class=${"panel counts" + old} aria-label="Market data and orders"><h2>The line</h2><dl>
    <${Count} name="Messages" n=${h.messages} /><${Count} name="a second" n=${num(h.messages_per_s, 0)} title="of wall time" />
    <${Count} name="Connections" n=${h.connects} /><${Count} name="Lost" n=${h.losses} bad />
    <${Count} name="Gaps" n=${h.gaps} bad title="breaks in the chain of book changes" /><${Count} name="Resyncs" n=${h.resyncs} title="books that became exact again" />
    <${Count} name="Unreadable" n=${h.bad} bad /><${Count} name="Stale reads" n=${h.stale_reads} bad title="must be zero" />
    <${Count} name="Unknown at first" n=${h.unknown} title="commands whose outcome was not known at first" /><${Count} name="Asked to settle" n=${h.queries} /></dl></section>`;
}

function Machine({ h, old }) {
  return html`<section class=${"panel counts" + old} aria-label="Machine"><h2>The machine</h2><dl>
    <${Count} name="Heap" n=${bytes(h.heap_bytes)} /><${Count} name="Last GC pause" n=${h.gc_pause_us === null ? NA : micros(h.gc_pause_us)} />
    <${Count} name="Goroutines" n=${h.goroutines} title="should be flat" /><${Count} name="Up" n=${millis(h.uptime_ms)} title="wall time" />
    <${Count} name="Pages open" n=${h.tabs} /><${Count} name="Views dropped" n=${h.dropped} title="by slow pages; they cost the run nothing" /></dl></section>`;
}

function Budgets({ h, old }) {
  return html`<section class=${"panel budgets" + old} aria-label="Rate budget"><h2>Rate budget <small>what the venue allows</small></h2>
    ${h.budgets.length === 0 ? html`<p class="none">n/a: this connection tells none.</p>` : h.budgets.map((b) => { const share = b.limit ? b.used / b.limit : 0; return html`<div class=${"budget" + (share > 0.8 ? " bad" : "")} key=${b.name}>
      <span>${b.name}</span><span class="num">${share > 0.8 ? "▲ " : ""}${count(b.used)} <small>of ${count(b.limit)}</small></span><div class="meter" role="meter" aria-label=${b.name} aria-valuemin="0" aria-valuemax=${b.limit} aria-valuenow=${b.used}><i style=${{ transform: `scaleX(${Math.min(1, share)})` }} /></div></div>`; })}</section>`;
}

const SIGNS = { exact: "✓", connected: "✓", stale: "▲", lost: "▲", ended: "■" };
const LEVELS = { note: "·", warn: "!", alarm: "▲" };

function Incidents({ h }) {
  const utc = store.utc.value, alarms = store.view.value.alarms;
  return html`<section class="panel incidents" aria-label="What happened"><h2>On the line <small>gaps, losses, resyncs</small></h2><div class="scroll" tabindex="0" role="group" aria-label="Incidents, newest first"><ul class="log">${h.incidents.slice().reverse().map((i) => html`<li class=${i.kind}><span class="num">${clock(i.at_ms, utc)}</span><b>${SIGNS[i.kind] ?? "·"} ${i.kind}</b><span>${i.text}</span></li>`)}</ul>${h.incidents.length === 0 && html`<p class="none">Nothing happened.</p>`}</div></section>
  <section class="panel incidents" aria-label="Alarms"><h2>Notes and alarms</h2><div class="scroll" tabindex="0" role="group" aria-label="Notes and alarms, newest first"><ul class="log">${alarms.slice().reverse().map((a) => html`<li class=${a.level}><span class="num">${clock(a.at_ms, utc)}</span><b>${LEVELS[a.level] ?? "·"} ${a.level}</b><span>${a.text}</span></li>`)}</ul>${alarms.length === 0 && html`<p class="none">None.</p>`}</div></section>`;
}
