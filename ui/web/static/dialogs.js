// Questions and lists that stand before the page, and short messages at its edge.
import { html, useEffect, useRef, useState } from "./html.js";
import * as store from "./store.js";
import { command } from "./transport.js";
import { KEYS } from "./keys.js";
import { clock } from "./format.js";

const close = () => { store.dialog.value = null; };

export function Dialogs() {
  const d = store.dialog.value;
  return d && html`<${Modal} key=${d.kind + (d.token ?? "")} label=${d.kind === "help" ? "Shortcuts and licences" : "Confirm " + d.name}>
    ${d.kind === "help" ? html`<${Help} />` : html`<${Confirm} ask=${d} />`}<//>`;
}

function Modal({ label, children }) {
  const ref = useRef(null);
  useEffect(() => { ref.current.showModal(); }, []);
  return html`<dialog ref=${ref} aria-label=${label} onClose=${close} onCancel=${close} onClick=${(e) => { if (e.target === ref.current) close(); }}><div class="sheet">${children}</div></dialog>`;
}

const TITLES = { kill: "Pull the kill switch?", "cancel-all": "Cancel all orders?", resume: "Resume entries?" };

function Confirm({ ask }) {
  const [typed, setTyped] = useState("");
  const v = store.view.value;
  const ready = !ask.needs || typed === ask.needs;
  const go = (e) => {
    e.preventDefault();
    if (!ready) return;
    command(ask.name, ask.needs ? typed : ask.arg, ask.token);
    close();
  };
  return html`<form onSubmit=${go}>
    <h2>${TITLES[ask.name] ?? `${ask.name}?`}</h2>
    <p>${ask.text}</p>
    ${ask.name !== "resume" && html`<${Affected} orders=${v.account.orders} positions=${v.account.positions} />`}
    ${ask.needs && html`<label class="type">Type <b>${ask.needs}</b> to go on<input autocomplete="off" spellcheck="false" autofocus value=${typed} onInput=${(e) => setTyped(e.target.value)} /></label>`}
    <p class="buttons"><button type="button" autofocus=${!ask.needs} onClick=${close}>No, go back</button>
      <button type="submit" class=${ask.name === "resume" ? "go" : "kill"} disabled=${!ready}>${{ kill: "Kill", "cancel-all": "Cancel all orders", resume: "Resume" }[ask.name] ?? "Do it"}</button></p>
  </form>`;
}

function Affected({ orders, positions }) {
  const line = (n, one, many) => (n === 1 ? `1 ${one}` : `${n} ${many}`);
  return html`<p class="muted">${line(orders.length, "open order", "open orders")} now, ${line(positions.length, "open position", "open positions")}. A position stays open.</p>`;
}

const LIBRARIES = [
  ["lightweight-charts", "Apache-2.0"], ["uPlot", "MIT"], ["preact, signals", "MIT"], ["htm", "Apache-2.0"], ["Inter", "OFL-1.1"], ["JetBrains Mono", "OFL-1.1"],
];

function Help() {
  const v = store.view.value;
  return html`<h2>Shortcuts</h2>
    <dl class="keys">${KEYS.map((k) => html`<div><dt>${k.keys.map((x) => html`<kbd>${x === "K" ? "Shift K" : x}</kbd>`)}</dt><dd>${k.text}</dd></div>`)}</dl>
    ${v.audit.length > 0 && html`<h2>What people did</h2><ul class="audit">${v.audit.slice(-6).reverse().map((a) => html`<li><span class="num">${clock(a.wall_ms, store.utc.value)}</span> <b>${a.name}</b> ${a.arg} <span class=${a.ok ? "" : "down"}>${a.ok ? "✓" : "✗"} ${a.result}</span></li>`)}</ul>`}
    <h2>About</h2>
    <p class="muted">Baton ${v.header.version}, strategy ${v.header.strategy}. TradingView Lightweight Charts™, copyright (c) TradingView, Inc. <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">https://www.tradingview.com/</a></p>
    <p class="muted">${LIBRARIES.map(([n, l], i) => html`${i ? " · " : ""}${n} (${l})`)}. Licences stand beside the files, in webasset.</p>
    <p class="buttons"><button autofocus onClick=${close}>Close</button></p>`;
}

const SIGNS = { note: "·", done: "✓", warn: "!", alarm: "▲" };
export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">${store.toasts.value.map((t) => html`<p key=${t.id} class=${"toast " + t.kind}><b aria-hidden="true">${SIGNS[t.kind] ?? "·"}</b><span>${t.text}</span></p>`)}</div>`;
}
