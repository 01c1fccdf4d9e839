// The screen "Report": what the run came to so far, or in the end; each figure with the way in which it is counted.
import { html, useMemo } from "./html.js";
import * as store from "./store.js";
import { Lines } from "./charts.js";
import { Side } from "./live.js";
import { clock, day, millis, money, NA, num, plain, signed, tone, value } from "./format.js";

const TONED = new Set(["net", "gross", "funding", "profit", "return", "realised", "open_profit"]);

export function Report() {
  const v = store.view.value;
  const r = v.report;
  if (!r) return html`<h1 class="sr">Report</h1><section class="panel"><p class="none">Waiting for the first figures…</p></section>`;
  return html`<h1 class="sr">Report</h1>
    <${Head} r=${r} header=${v.header} />
    <${Figures} r=${r} />
    <${Curves} r=${r} asset=${v.header.asset} />
    <${Trips} r=${r} />
    <${Words} r=${r} />`;
}

function Head({ r, header }) {
  const utc = store.utc.value, end = r.stop_ms ?? header.now_ms;
  return html`<section class="panel reporthead" aria-label="The run"><h2>${header.strategy} <small>${day(r.start_ms, utc)} ${clock(r.start_ms, utc)} to ${r.stop_ms === null ? "now" : clock(r.stop_ms, utc)} ${utc ? "UTC" : "local"}, ${millis(end - r.start_ms)} of the run's time</small>
      <span class=${"badge right " + (r.final ? "off" : "good")}>${r.final ? "Final" : "Goes on"}</span></h2>
    ${r.result && html`<p class=${"outcome " + (r.result.reconciled ? "good" : "alarm")}><b>${r.result.reconciled ? "✓ Reconciled" : "▲ Not reconciled"}</b> ${r.result.reconciled ? "The ledger, the venue's answers and the venue agree." : r.result.differences.join("; ")}${r.result.digest ? html` <span class="code">digest ${r.result.digest.slice(0, 16)}…</span>` : ""}</p>`}
    ${r.warnings.map((w) => html`<p class="outcome warn"><b>!</b> ${w}</p>`)}
  </section>`;
}

function Figures({ r }) {
  return html`<section class="figures" aria-label="Figures"><dl>${r.values.map((x) => html`<div class="figure panel" key=${x.key}><dt>${x.label}</dt>
    <dd class=${x.value === null ? "na" : TONED.has(x.key) ? tone(x.value) : ""}>${value(x, TONED.has(x.key))}${x.value !== null && x.unit === "money" ? html` <small>${store.view.value.header.asset}</small>` : ""}</dd><dd class="how">${x.convention}</dd></div>`)}</dl></section>`;
}

function Curves({ r, asset }) {
  const [xs, equity, down, exposure, low] = useMemo(() => [r.curve.map((p) => p.at_ms / 1000), r.curve.map((p) => p.equity), r.curve.map((p) => p.drawdown * 100),
    r.curve.map((p) => p.exposure * 100), Math.min(...r.curve.map((p) => p.drawdown))], [r.curve.length, r.curve.at(-1)?.at_ms, r.curve.at(-1)?.equity, r.curve_generation]);
  if (xs.length < 2) return html`<section class="panel curves"><p class="none">The curves begin with the second sample.</p></section>`;
  return html`<section class="panel curves" aria-label="Curves">
    <h2>Equity <small>${asset}, marked to the mark price</small></h2><${Lines} label="Equity" group="report" xs=${xs} ys=${equity} colour="--line1" fmt=${(x) => num(x, 2)} height=${170} />
    <h2>Drawdown <small>equity / highest so far − 1; lowest ${num(low * 100, 3)}%</small></h2><${Lines} label="Drawdown" group="report" xs=${xs} ys=${down} colour="--line2" fmt=${(x) => num(x, 3) + "%"} height=${110} />
    <h2>Exposure <small>signed position value / equity</small></h2><${Lines} label="Exposure" group="report" stepped xs=${xs} ys=${exposure} colour="--line3" fmt=${(x) => num(x, 1) + "%"} height=${110} />
  </section>`;
}

// price is an average price in the places of its instrument; the whole of it is the cell's title.
const price = (t, px) => (px === null ? NA : money(px, store.view.value.markets.find((m) => m.symbol === t.symbol)?.price_places ?? 2));

function Trips({ r }) {
  const utc = store.utc.value, many = store.view.value.markets.length > 1;
  const last = r.trips.at(-1);
  return useMemo(() => html`<section class="panel trips" aria-label="Round trips"><h2>Round trips <small>${r.trip_count}, from flat to flat or to the other side</small></h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Table of round trips, newest first"><table class="wide"><thead><tr><th>#</th><th class="l">Side</th><th class="l">Opened</th><th>Held</th><th title="the most that was held">Size</th><th>Entry</th><th>Exit</th><th title="before fees and funding">Gross</th><th>Fees</th><th>Funding</th><th title="gross − fees + funding">Net</th><th>Maker</th></tr></thead>
    <tbody>${r.trips.slice(-100).reverse().map((t) => html`<tr key=${t.n}><td>${t.n}</td><td class="l"><${Side} side=${t.side} />${many ? html` <small>${t.symbol}</small>` : ""}</td><td class="l">${clock(t.open_ms, utc)}</td><td>${t.hold_ms === null ? "open" : millis(t.hold_ms)}</td><td>${plain(t.qty)}</td><td title=${plain(t.entry)}>${price(t, t.entry)}</td><td title=${plain(t.exit)}>${price(t, t.exit)}</td>
      <td class=${tone(t.gross, 4)}>${signed(t.gross, 4)}</td><td>${money(t.fees, 4)}</td><td class=${tone(t.funding, 4)}>${signed(t.funding, 4)}</td><td class=${tone(t.net, 4)}><b>${signed(t.net, 4)}</b></td><td>${num(t.maker_percent, 0)}%</td></tr>`)}</tbody></table>
    ${r.trips.length === 0 && html`<p class="none">No round trip yet.</p>`}</div></section>`, [r.trip_count, last?.n, last?.net, last?.hold_ms, utc, many]);
}

function Words({ r }) {
  return html`<section class="panel words" aria-label="Conventions"><h2>How it is counted</h2><ul>${r.conventions.map((c) => html`<li>${c}</li>`)}${(r.result?.notes ?? []).map((c) => html`<li>${c}</li>`)}</ul>
    <p class="muted">"n/a" is a figure that is not known or has no meaning here. It never stands for zero.</p></section>`;
}
