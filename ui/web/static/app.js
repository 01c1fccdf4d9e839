// The page: a shell with a header, four screens, the keyboard and the dialogs. It starts the line and draws; all else is in the modules.
import { html, render, effect, useEffect } from "./html.js";
import * as store from "./store.js";
import { connect, watch } from "./transport.js";
import { Header, Notices, Nav } from "./header.js";
import { Dialogs, Toasts } from "./dialogs.js";
import { onKey } from "./keys.js";
import { Live } from "./live.js";
import { Coroutines } from "./coroutines.js";
import { Report } from "./report.js";
import { Health } from "./health.js";

const SCREENS = { live: Live, coroutines: Coroutines, report: Report, health: Health };

function fromAddress() {
  const name = location.hash.slice(1);
  store.screen.value = name in SCREENS ? name : "live";
}

function App() {
  const v = store.view.value;
  const name = store.screen.value;
  useEffect(() => {
    const title = { live: "Live", coroutines: "Coroutines", report: "Report", health: "Health" }[name];
    document.title = `${title} · Baton`;
  }, [name]);
  if (!v) {
    return html`<div class="shell"><${Notices} /><main class="boot" id="main"><h1>Baton</h1><p>${store.line.value.text || "Fetching the first view…"}</p></main></div>`;
  }
  const Screen = SCREENS[name];
  return html`<div class=${"shell mode-" + v.header.mode.toLowerCase()} data-old=${store.old.value ? "yes" : null}>
    <a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById("main").focus(); }}>Skip to the screen</a>
    <${Header} /><${Notices} />
    <main id="main" tabindex="-1" class=${"screen " + name}><${Screen} key=${name} /></main>
    <${Nav} place="bottom" /><${Dialogs} /><${Toasts} />
  </div>`;
}

fromAddress();
addEventListener("hashchange", fromAddress);
addEventListener("keydown", onKey);
effect(() => { watch(store.screen.value); });
effect(() => {
  const t = store.theme.value;
  const light = t === "light" || (t === "auto" && matchMedia("(prefers-color-scheme: light)").matches);
  document.documentElement.dataset.theme = light ? "light" : "dark";
});
matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => { const t = store.theme.value; store.theme.value = ""; store.theme.value = t; });
// A finished run opens on its report, unless the address says otherwise.
const first = effect(() => {
  const v = store.view.value;
  if (v && v.header.mode === "BACKTEST" && !location.hash) location.hash = "report";
  if (v) queueMicrotask(() => first());
});
setInterval(() => { store.tick.value++; }, 500);
const root = document.getElementById("app");
root.textContent = "";
render(html`<${App} />`, root);
connect();
