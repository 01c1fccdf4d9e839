// The order book as a ladder (asks above, bids below, the spread between), and the tape of trades.
import { html } from "./html.js";
import * as store from "./store.js";
import { clock, num, plain } from "./format.js";

export function Ladder({ m }) {
  const asks = m.asks.slice().reverse();
  return html`<section class=${"panel ladder" + (store.stale.value ? " stale" : "")} aria-label="Order book">
    <h2>Order book <${State} m=${m} /></h2>
    <div class="book" role="table" aria-label=${"Order book of " + m.symbol}>
      <div class="row head" role="row"><span role="columnheader">Price</span><span role="columnheader">Size</span><span role="columnheader">Total</span><span role="columnheader">Ours</span></div>
      <div class="side" role="rowgroup">${asks.map((l) => html`<${Row} key=${l.px} l=${l} side="ask" m=${m} />`)}</div>
      <div class="spread" role="row"><span role="cell"><b>${plain(m.last)}</b></span><span role="cell" class="muted">spread ${m.spread ?? "n/a"}</span><span role="cell" class="muted" title="(bids − asks) / (bids + asks) of what is shown">imb. ${m.imbalance === null ? "n/a" : (m.imbalance > 0 ? "+" : "") + num(m.imbalance, 2)}</span></div>
      <div class="side" role="rowgroup">${m.bids.map((l) => html`<${Row} key=${l.px} l=${l} side="bid" m=${m} />`)}</div>
    </div>
  </section>`;
}

const State = ({ m }) => html`<small>${m.feed === "exact" && !store.stale.value ? "exact" : store.ended.value ? "ended" : "stale: not current"}</small>`;

function Row({ l, side, m }) {
  return html`<div class=${`row ${side}${l.mine ? " mine" : ""}`} role="row">
    <i class="cum" aria-hidden="true" style=${{ transform: `scaleX(${l.bar})` }} />
    <span role="cell" class="px">${plain(l.px)}</span><span role="cell">${plain(l.qty)}</span><span role="cell" class="muted">${plain(l.cum)}</span>
    <span role="cell" class="ours" title=${l.added ? "beside the recorded book, which does not hold ours" : "our own orders"}>${l.mine ? html`<i aria-hidden="true">●</i>${plain(l.mine)}` : ""}</span></div>`;
}

export function Tape({ m }) {
  const list = m.trades.slice(-30).reverse();
  return html`<section class=${"panel tape" + (store.stale.value ? " stale" : "")} aria-label="Trades">
    <h2>Trades <small>${m.base}</small></h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Trades, newest first"><table><thead><tr><th>Price</th><th>Size</th><th>Time</th></tr></thead>
      <tbody>${list.map((t) => html`<tr key=${t.id} class=${(t.side === "BUY" ? "up" : "down") + (t.mine ? " mine" : "")}>
        <td><i aria-hidden="true">${t.side === "BUY" ? "▲" : "▼"}</i><span class="sr">${t.side === "BUY" ? "bought" : "sold"}</span>${plain(t.px)}${t.mine && html`<b class="dot" title="one of ours">●</b>`}</td><td>${plain(t.qty)}</td><td>${clock(t.at_ms, store.utc.value)}</td></tr>`)}</tbody></table>
      ${list.length === 0 && html`<p class="none">No trade yet.</p>`}</div>
  </section>`;
}
