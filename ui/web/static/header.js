// What stands above every screen: where one is, what mode the run is in, what the market and the money are, and how old all of it is.
import { html } from "./html.js";
import * as store from "./store.js";
import { again, command } from "./transport.js";
import { cycleTheme, toggleZone } from "./keys.js";
import { clock, countdown, day, millis, money, NA, percent, plain, signed, tone } from "./format.js";

const SCREENS = [["live", "Live"], ["coroutines", "Coroutines"], ["report", "Report"], ["health", "Health"]];
const ICONS = {
  live: "M3 17l5-6 4 3 8-9", coroutines: "M5 5v14M12 5v14M19 5v14M5 8h7M12 13h7M12 18H5",
  report: "M5 20V10M12 20V4M19 20v-7", health: "M2 12h5l3-7 4 14 3-7h5",
};

export function Nav({ place }) {
  return html`<nav class=${"nav " + place} aria-label=${place === "top" ? "Screens" : "Screens, below"}>${SCREENS.map(([name, text], i) => html`
    <a href=${"#" + name} aria-current=${store.screen.value === name ? "page" : null} title=${`${text} (${i + 1})`}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${ICONS[name]} /></svg><span>${text}</span></a>`)}</nav>`;
}

export function Header() {
  const { header } = store.view.value;
  return html`<header class="top">
    <div class="bar">
      <span class="brand"><svg viewBox="0 0 32 32" aria-hidden="true"><rect x="3" y="12.5" width="26" height="7" rx="3.5" transform="rotate(-38 16 16)" /></svg><b>Baton</b></span>
      <span class="badge mode" title="What this run is">${header.mode}</span>
      <${Nav} place="top" />
      <span class="grow" />
      <${Trading} header=${header} />
      <${Commands} header=${header} />
      <span class="tools">
        <button class="icon" onClick=${toggleZone} title="Times in UTC or local (u)">${store.utc.value ? "UTC" : "Local"}</button>
        <button class="icon" onClick=${cycleTheme} title="Theme: system, dark, light (t)" aria-label=${"Theme: " + store.theme.value}><svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="8" /><path class="solid" d="M12 4a8 8 0 0 1 0 16z" /></svg></button>
        <button class="icon" onClick=${() => { store.dialog.value = { kind: "help" }; }} title="Shortcuts and licences (?)" aria-label="Help">?</button>
      </span>
    </div>
    <${Strip} header=${header} />
  </header>`;
}

// Trading says what may be sent now, in words.
function Trading({ header }) {
  const [text, kind] = header.killed ? ["Killed", "alarm"]
    : header.entries_paused ? ["Entries paused", "warn"]
    : header.trading === "no-increase" ? ["Reduce only", "warn"]
    : header.trading === "stopped" ? ["Stopped", "alarm"] : ["", ""];
  return text && html`<span class=${"badge " + kind}>${text}</span>`;
}

function Commands({ header }) {
  const no = header.read_only !== "" || store.old.value;
  const why = header.read_only || (store.old.value ? "there is no line to the run" : "");
  const tip = (text) => (why ? `${text}: not now, ${why}` : text);
  return html`<span class="commands" role="group" aria-label="Commands">
    <button disabled=${no} title=${tip("Only what reduces a position is sent (p)")} onClick=${() => command(header.entries_paused ? "resume" : "pause")}>${header.entries_paused ? "Resume" : "Pause"}<span class="wide"> entries</span></button>
    <button disabled=${no} title=${tip("Cancels every open order; asks first (x)")} onClick=${() => command("cancel-all")}>Cancel<span class="wide"> all</span></button>
    <button class="kill" disabled=${no || header.killed} title=${tip("No new order until the next start; asks first (Shift+K)")} onClick=${() => command("kill")}>Kill</button>
  </span>`;
}

const Stat = ({ name, cls, children, title }) => html`<div class=${"stat " + (cls ?? "")} title=${title}><dt>${name}</dt><dd>${children}</dd></div>`;

function Strip({ header }) {
  const m = store.market.value;
  const all = store.view.value.markets;
  const asset = html`<small> ${header.asset}</small>`;
  return html`<div class="strip">
    ${m && html`<div class="stat sym">${all.length > 1
      ? html`<select aria-label="Symbol" value=${m.symbol} onChange=${(e) => { store.symbol.value = e.target.value; }}>${all.map((x) => html`<option value=${x.symbol}>${x.symbol}</option>`)}</select>`
      : html`<b>${m.symbol}</b>`}<span>perpetual</span></div>`}
    ${m && html`<dl class=${"stats" + (store.stale.value ? " stale" : "")}>
      <${Stat} name="Last" cls="big">${plain(m.last)}<//>
      <${Stat} name="Mark" title="The price that margin and open profit are counted at">${plain(m.mark)}<//>
      <${Stat} name="Index">${plain(m.index)}<//>
      <${Stat} name="Funding" title="The rate of the next settlement, and how long until then">${percent(m.funding_rate)} <small>${m.funding_ms === null ? "" : countdown(m.funding_ms - header.now_ms)}</small><//>
    </dl>`}
    <dl class=${"stats own" + (store.old.value && !store.ended.value ? " stale" : "")}>
      <${Stat} name="Equity" cls="big">${money(header.equity)}${asset}<//>
      <${Stat} name="Today" cls=${tone(header.day_profit)} title="Equity now, less equity at 00:00 UTC or at the start where that is later">${signed(header.day_profit)}${asset}<//>
    </dl>
    <dl class="stats when">
      <${Stat} name=${header.clock.kind === "real" ? "Time" : "Run's clock"} title=${day(header.now_ms, store.utc.value)}>${clock(header.now_ms, store.utc.value)} <small>${pace(header.clock)}</small><//>
      <${Feed} m=${m} />
    </dl>
  </div>`;
}

function pace(c) {
  if (c.paused) return "paused";
  return c.kind === "paced" ? `${c.speed ?? NA}×` : c.kind === "virtual" ? "virtual" : "";
}

// Feed is the age of the market data, with a shape and a word beside its colour.
function Feed({ m }) {
  store.tick.value;
  const [kind, text] = store.line.value.state === "ended" || store.ended.value ? ["off", "ended"]
    : store.old.value ? ["bad", "no line"]
    : !m ? ["warn", "no market"]
    : m.feed === "stale" ? ["bad", "stale"]
    : m.feed === "ended" ? ["off", "ended"]
    : m.age_ms === null ? ["warn", "waiting"]
    : m.stale ? ["bad", "old"] : ["good", "exact"];
  return html`<${Stat} name="Feed" title="Is the book proven equal to the venue's, and how long ago the newest data came"><span class=${"feed " + kind}><i aria-hidden="true" />${text}</span>${m?.age_ms != null && kind !== "off" && !store.old.value ? html` <small>${millis(m.age_ms)}</small>` : ""}<//>`;
}

// Notices are what a person must know before they read a number.
export function Notices() {
  store.tick.value;
  const l = store.line.value, v = store.view.value;
  const since = millis(Math.round((Date.now() - l.since) / 1000) * 1000);
  let note = null;
  if (l.state === "ended") note = ["off", `The run has ended${l.text && l.text !== "the run has ended" ? ": " + l.text : ""}. What is shown is its last view.`];
  else if (l.state === "lost") note = ["bad", `No line to the run for ${since}: what is shown is old. Trying again ${l.retryAt > Date.now() ? "in " + Math.ceil((l.retryAt - Date.now()) / 1000) + " s" : "now"}.`, true];
  else if (v && store.old.value && l.state === "open") note = ["bad", "No view came for a while: what is shown is old."];
  else if (v?.header.phase === "ended") note = ["off", "The run has ended. What is shown is its last view."];
  else if (v?.header.phase === "ending") note = ["warn", "The run is ending: orders are cancelled and settled."];
  else if (v?.header.phase === "starting") note = ["warn", "Starting: books are fetched, the account is reconciled."];
  const worst = v?.alarms.filter((a) => a.level === "alarm").at(-1);
  return html`<div class="notices" role="status" aria-live="polite">
    ${note && html`<p class=${"notice " + note[0]}><span>${note[1]}</span>${note[2] && html`<button onClick=${again}>Try now</button>`}</p>`}
    ${v?.header.killed && html`<p class="notice alarm"><span>▲ The kill switch was pulled: no new order until the next start.</span></p>`}
    ${worst && html`<p class="notice alarm"><span>▲ ${clock(worst.at_ms, store.utc.value)} ${worst.text}</span></p>`}
  </div>`;
}
