// The screen "Live": the market, our part in it, and what we hold.
import { html, useMemo } from "./html.js";
import * as store from "./store.js";
import { Candles } from "./charts.js";
import { Ladder, Tape } from "./ladder.js";
import { clock, millis, money, NA, plain, signed, tone } from "./format.js";

export function Live() {
  const m = store.market.value;
  const v = store.view.value;
  if (!m) return html`<section class="panel"><p class="none">The run has opened no market yet.</p></section>`;
  return html`<h1 class="sr">Live: ${m.symbol}</h1>
    <${Chart} m=${m} /><${Ladder} m=${m} /><${Tape} m=${m} />
    <div class=${"holdings" + (store.stale.value ? " stale" : "")}><${Positions} list=${v.account.positions} asset=${v.header.asset} /><${Orders} list=${v.account.orders} account=${v.account} /></div>
    <div class=${"fillbox" + (store.old.value && !store.ended.value ? " stale" : "")}><${Fills} account=${v.account} /></div>`;
}

const WORDS = { 1: "1s", 10: "10s", 60: "1m", 300: "5m", 3600: "1h" };

const MIN_LOOK = 12; // candles that a span must have to be worth a look
const SECONDS = 5; // of wall time that a candle may take at the run's pace

// pick chooses the span: a person's choice, or the longest with enough candles to look at whose candles grow within a
// few seconds of wall time.
export function pick(spans, wanted, speed) {
  const chosen = spans.find((s) => s.span_s === wanted);
  if (chosen) return chosen;
  const calm = spans.filter((s) => s.span_s <= 1 || s.span_s / speed <= SECONDS);
  return calm.findLast((s) => s.list.length >= MIN_LOOK) ?? spans.find((s) => s.list.length > 0) ?? spans[0];
}

function Chart({ m }) {
  const s = pick(m.spans, store.span.value, store.view.value.header.clock.speed ?? 1);
  return html`<section class=${"panel chart" + (store.stale.value ? " stale" : "")} aria-label="Chart">
    <h2><span class="spans" role="group" aria-label="Length of a candle">${m.spans.map((x) => html`<button aria-pressed=${x.span_s === s?.span_s ? "true" : "false"} onClick=${() => { store.span.value = x.span_s; }}>${WORDS[x.span_s] ?? x.span_s + "s"}</button>`)}</span>
      <span class="legend"><i class="up">▲</i> we bought <i class="down">▼</i> we sold <small>small: maker, large: taker${m.fill_marks.length >= 500 ? "; the newest 500" : ""}</small></span>
      <a class="tv" href="https://www.tradingview.com/" target="_blank" rel="noreferrer">Charts by TradingView</a></h2>
    ${s && html`<${Candles} m=${m} list=${s.list} span=${s.span_s} stale=${store.stale.value} />`}
    ${store.stale.value && html`<span class="stamp">${store.ended.value ? "ended" : "not current"}</span>`}
    ${m.late_trades > 0 && html`<p class="foot muted">${m.late_trades} trades came too late for their candle and count in the one after</p>`}
  </section>`;
}

const Side = ({ side, long }) => {
  const buy = side === "BUY" || side === "LONG";
  return html`<span class=${"side " + (buy ? "up" : "down")}><i aria-hidden="true">${buy ? "▲" : "▼"}</i> ${long ?? (side[0] + side.slice(1).toLowerCase())}</span>`;
};
export { Side };

function Positions({ list, asset }) {
  return html`<section class="panel" aria-label="Positions"><h2>Positions <small>${list.length || ""}</small></h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Table of positions"><table class="wide"><thead><tr><th>Symbol</th><th class="l">Side</th><th>Size</th><th>Entry</th><th>Mark</th><th title="estimated by our own ledger, other prices staying where they are; n/a where no price can do it">Liq.</th><th>Notional</th><th title="size × (mark − entry)">Open profit</th></tr></thead>
    <tbody>${list.map((p) => html`<tr key=${p.symbol}><td class="l"><b>${p.symbol}</b></td><td class="l"><${Side} side=${p.side} /></td><td>${plain(p.qty)}</td><td>${plain(p.entry)}</td><td>${plain(p.mark)}</td><td>${plain(p.liquidation)}</td><td>${p.notional === null ? NA : money(p.notional)}</td><td class=${tone(p.profit)}>${signed(p.profit)} <small>${asset}</small></td></tr>`)}</tbody></table>
    ${list.length === 0 && html`<p class="none">Flat: nothing is held.</p>`}</div></section>`;
}

function Orders({ list, account }) {
  return html`<section class="panel orders" aria-label="Open orders"><h2>Open orders <small>${list.length || ""}</small><small class="right">${account.placed} placed${account.refused ? `, ${account.refused} refused by our own risk desk` : ""}</small></h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Table of open orders"><table class="wide"><thead><tr><th>Symbol</th><th class="l">Side</th><th class="l">Type</th><th>Price</th><th>Size</th><th>Filled</th><th>Age</th><th class="l">State</th></tr></thead>
    <tbody>${list.slice().reverse().map((o) => html`<tr key=${o.id} class=${o.unknown ? "unknown" : ""}><td class="l"><b>${o.symbol}</b></td><td class="l"><${Side} side=${o.side} /></td><td class="l">${o.type} ${o.tif}${o.reduce_only ? " · reduce" : ""}</td><td>${plain(o.px)}</td><td>${plain(o.qty)}</td><td>${plain(o.filled)}</td><td>${millis(o.age_ms)}</td><td class="l">${o.unknown ? "? " : ""}${o.state}${o.unknown ? ": asking the venue" : ""}</td></tr>`)}</tbody></table>
    ${list.length === 0 && html`<p class="none">No order is open.</p>`}</div></section>`;
}

function Fills({ account }) {
  const list = account.fills.slice(-40).reverse(), utc = store.utc.value;
  return useMemo(() => html`<section class="panel fills" aria-label="Fills"><h2>Fills <small>${account.fill_count || ""}</small><small class="right">fees ${money(account.fees)}</small></h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Table of fills, newest first"><table class="wide"><thead><tr><th class="l">Time</th><th class="l">Side</th><th>Price</th><th>Size</th><th class="l">As</th><th>Fee</th><th title="of this fill, before the fee">Profit</th><th title="afterwards">Position</th></tr></thead>
    <tbody>${list.map((f) => html`<tr key=${f.n}><td class="l">${clock(f.at_ms, utc)}</td><td class="l"><${Side} side=${f.side} /></td><td>${plain(f.px)}</td><td>${plain(f.qty)}</td><td class="l">${f.maker ? "maker" : "taker"}</td><td title=${`${plain(f.fee)} ${f.fee_asset}`}>${money(f.fee, 4)}</td><td class=${tone(f.realised)}>${signed(f.realised)}</td><td>${plain(f.position)}</td></tr>`)}</tbody></table>
    ${list.length === 0 && html`<p class="none">No fill yet.</p>`}</div></section>`, [list[0]?.n, account.fees, utc]);
}
