// The line to the run: one WebSocket that comes back by itself, with growing pauses, and commands with their answers. What is shown
// while it is away says so (store.js: old).
import { batch } from "./html.js";
import * as store from "./store.js";

const FIRST = 500, MOST = 8000; // milliseconds between tries
const FRAME = 90; // milliseconds between two drawings at least; a slow machine draws less often, so that it stays current
let socket = null;
let pause = FIRST;
let retry = 0;
let askedFull = 0;
let nextID = 1;
const waiting = new Map(); // command id -> {name, arg}

export function connect() {
  clearTimeout(retry);
  const ws = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/ws");
  socket = ws;
  ws.onopen = () => {
    pause = FIRST;
    setLine("open", "");
    send({ type: "screen", screen: store.screen.value });
  };
  ws.onmessage = (e) => hear(e.data);
  ws.onclose = () => {
    if (socket !== ws) return;
    socket = null;
    draw();
    for (const c of waiting.values()) store.toast(`${c.name}: the line was lost before an answer came; look at the audit list before you repeat it`, "alarm");
    waiting.clear();
    if (store.line.value.state === "ended") return;
    setLine("lost", "the line to the run is lost", Date.now() + pause);
    retry = setTimeout(connect, pause);
    pause = Math.min(MOST, pause * 2);
  };
}

// What came since the last drawing is taken together: fills may come by the dozen, and each drawing costs.
let heard = [];
let timer = 0;
let drawn = 0;
let cost = 0;
function hear(text) {
  heard.push(text);
  timer ||= setTimeout(draw, Math.max(0, drawn + Math.max(FRAME, 3 * cost) - performance.now()));
}
function draw() {
  clearTimeout(timer);
  timer = 0;
  const all = heard;
  heard = [];
  drawn = performance.now();
  batch(() => { for (const text of all) take(JSON.parse(text)); });
  requestAnimationFrame(() => setTimeout(() => { cost = Math.min(300, performance.now() - drawn); }));
}

// again tries at once instead of at the end of the pause.
export function again() {
  if (!socket) connect();
}

function setLine(state, text, retryAt = 0) {
  const was = store.line.value;
  store.line.value = { state, text, retryAt, since: was.state === state ? was.since : Date.now() };
}

function take(m) {
  switch (m.type) {
    case "view":
      if (store.apply(m.view)) full();
      break;
    case "fill":
      store.addFill(m.fill);
      break;
    case "alarm":
      store.addAlarm(m.alarm);
      if (m.alarm.level !== "note") store.toast(m.alarm.text, m.alarm.level);
      break;
    case "ack":
      waiting.delete(m.id);
      store.toast(m.text, m.ok ? "done" : "warn");
      break;
    case "confirm": {
      const c = waiting.get(m.id);
      waiting.delete(m.id);
      if (c) store.dialog.value = { kind: "confirm", name: c.name, arg: c.arg, token: m.token, text: m.text, needs: m.needs ?? "" };
      break;
    }
    case "bye":
      setLine("ended", m.text);
      break;
  }
}

function send(m) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(m));
  return true;
}

function full() {
  if (performance.now() - askedFull < 1200) return;
  askedFull = performance.now();
  send({ type: "full" });
}

export const watch = (screen) => send({ type: "screen", screen });

// command sends one; what came of it is a toast, or a dialog that asks.
export function command(name, arg = "", token = "") {
  const id = nextID++;
  waiting.set(id, { name, arg });
  if (!send({ type: "command", id, name, arg, token })) {
    waiting.delete(id);
    store.toast(`${name} was not sent: there is no line to the run`, "alarm");
  }
}
