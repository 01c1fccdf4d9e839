// The relay: the loop's recorded steps played slowly, as runners in a ring and as lanes over time. One baton: whoever holds it runs,
// everybody else is parked. Steps take microseconds, so they are shown in their order, one a column, and never to the scale of time;
// what is left out to keep up with the run is counted and shown as a gap.
import { micros } from "./format.js";

const IDLE = -1; // the lane where the baton lies while nobody runs
const REST = 250; // microseconds without a step from which on the baton lay down
const PASSAGE = 18; // columns that are played without a gap before the play jumps to the newest
const WAITING = 300; // columns that may wait
const KINDS = 4; // lanes of what comes from outside, at most
const outside = (id) => typeof id === "string"; // the lane of callbacks: what comes from the network and the timers; a task's is a number
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Relay {
  constructor(ring, lanes, say) {
    this.ring = ring;
    this.lanesBox = lanes;
    this.say = say;
    this.queue = []; // columns that came, newest last
    this.passage = []; // columns of the queue that are being played
    this.lost = 0; // steps left out in front of the queue
    this.cols = []; // columns played, newest last
    this.seen = 0; // number of the last step taken into the queue
    this.at = 0; // how much of the newest column has been played: 0 to 1
    this.pace = 5; // columns a second
    this.tasks = new Map();
    this.lanes = []; // task ids, in the order of the tree
    this.kinds = []; // of what came from outside
    this.used = new Map(); // task id -> when it last ran, in columns
    this.n = 0;
    this.last = 0;
    this.frame = requestAnimationFrame((t) => this.turn(t));
    this.paint();
  }
  close() {
    this.closed = true;
    cancelAnimationFrame(this.frame);
  }
  paint() {
    this.c = {};
    for (const k of ["panel", "text", "muted", "faint", "grid", "gold", "gold-soft", "gold-ink", "raise", "line"]) this.c[k] = css("--" + k);
    this.dirty = true;
  }

  // feed takes the newest view of the loop; rest says that nothing moves (no line, ended, a paused clock).
  feed(co) {
    this.tasks = new Map(co.tasks.map((t, i) => [t.id, { ...t, i }]));
    this.dirty = true;
    const fresh = co.steps.filter((s) => s.n > this.seen);
    if (!fresh.length) return;
    let missed = this.seen ? fresh[0].n - this.seen - 1 : 0;
    for (const s of fresh) {
      const gap = this.end && !missed ? s.at_us - this.end : 0;
      if (gap > REST) this.queue.push({ task: IDLE, name: "", took: gap, missed: 0, many: 1 });
      const before = this.queue.at(-1);
      const task = s.task || this.kind(s.name);
      if (outside(task) && before?.task === task && !missed) {
        before.took += s.took_us; // callbacks in a row are one column
        before.many++;
        before.names.add(s.name);
      } else this.queue.push({ task, name: s.name, by: s.by, from: s.from, took: s.took_us, missed, many: 1, names: new Set([s.name]) });
      missed = 0;
      this.end = s.at_us + s.took_us;
    }
    this.seen = fresh[fresh.length - 1].n;
    if (this.queue.length > WAITING) this.drop(this.queue.length - WAITING);
    if (!this.cols.length) for (const c of this.queue.splice(0, Math.max(0, this.queue.length - PASSAGE))) this.begin(c);
  }
  // kind is the lane of a callback: all connections share one.
  kind(name) {
    const k = name.replace(/ \S*:\d+$/, "") || "a callback";
    if (!this.kinds.includes(k) && this.kinds.length < KINDS - 1) this.kinds.push(k);
    return this.kinds.includes(k) ? k : "other callbacks";
  }
  drop(n) {
    for (const c of this.queue.splice(0, n)) this.lost += (c.task === IDLE ? 0 : c.many) + c.missed;
  }
  // next is the column to play. Where more waits than can be played, it jumps to the passage that shows the most different runners,
  // from where somebody is woken from outside, so that a whole relay is seen.
  next() {
    if (!this.passage.length && this.queue.length) {
      if (this.queue.length > 1.5 * PASSAGE) this.drop(this.richest());
      this.passage = this.queue.splice(0, PASSAGE);
      this.passage[0].missed += this.lost;
      this.lost = 0;
    }
    return this.passage.shift();
  }
  richest() {
    let best = this.queue.length - PASSAGE, most = 0;
    for (let i = best; i >= 0; i--) {
      if (this.queue[i].task !== IDLE) continue;
      const runners = new Set();
      for (let k = i; k < i + PASSAGE; k++) runners.add(this.queue[k].task);
      if (runners.size > most) { most = runners.size; best = i; }
    }
    return best;
  }
  begin(col) {
    this.cols.push(col);
    if (this.cols.length > 120) this.cols.shift();
    this.at = 0;
    this.n++;
    if (col.task !== IDLE) this.used.set(col.task, this.n);
    this.enlist();
    this.tell();
  }
  // enlist chooses the lanes: what comes from outside, the tasks that ran lately, and of the others those that wake most.
  enlist() {
    const most = this.room ?? 9;
    const ids = new Set([...this.tasks.keys(), ...[...this.used].filter(([id, n]) => !outside(id) && this.n - n < 30).map(([id]) => id)]);
    const from = [...this.used.keys()].filter(outside);
    const score = (id) => (this.used.get(id) ?? -1e9) + Math.log1p(this.tasks.get(id)?.wakes ?? 0);
    const order = (id) => this.tasks.get(id)?.i ?? 1e6 + id;
    this.lanes = [...from, ...[...ids].sort((a, b) => score(b) - score(a)).slice(0, Math.max(3, most - from.length)).sort((a, b) => order(a) - order(b))];
  }
  name(id) {
    if (outside(id)) return id;
    return this.tasks.get(id)?.name ?? this.cols.findLast((c) => c.task === id)?.name ?? `task ${id}`;
  }
  tell() {
    const c = this.cols.at(-1);
    if (!c) return;
    if (c.task === IDLE) this.say("", `nobody runs for ${micros(c.took)}: all wait for the network or a timer`);
    else if (outside(c.task)) this.say(came(c), `${c.many === 1 ? "a callback" : `${c.many} callbacks`}, no task: handled in ${micros(c.took)}`);
    else if (c.by && c.by !== c.task) this.say(this.name(c.task), `runs ${micros(c.took)}; ${this.name(c.by)} handed it the baton`);
    else this.say(this.name(c.task), `runs ${micros(c.took)}: ${c.from ? `${c.from} woke it` : "what it awaited has come"}`);
  }

  turn(now) {
    if (this.closed || !this.ring.isConnected) return;
    this.frame = requestAnimationFrame((t) => this.turn(t));
    if (now - this.last < 30) return; // half of the screen's frames are smooth enough
    const dt = Math.min(100, now - this.last) / 1000;
    this.last = now;
    const pace = still.matches ? Math.min(2, this.pace) : this.pace;
    if (this.cols.length && this.at < 1) { this.at = Math.min(1, this.at + dt * pace); this.dirty = true; }
    if (this.at >= 1 || !this.cols.length) {
      const next = this.next();
      if (next) this.begin(next);
    }
    if (!this.dirty) return;
    this.dirty = false;
    this.drawRing(fit(this.ring));
    this.drawLanes(fit(this.lanesBox));
  }
  // glide is how far the baton has come on its way to the newest column's task.
  get glide() {
    if (still.matches) return 1;
    const x = Math.min(1, this.at / 0.42);
    return x * x * (3 - 2 * x);
  }

  drawRing({ g, w, h }) {
    const c = this.c, ids = this.lanes, now = this.cols.at(-1), was = this.cols.at(-2);
    const r = Math.min(w / 2 - 96, h / 2 - 38), cx = w / 2, cy = h / 2;
    if (r < 30) return;
    const place = (id) => {
      const i = ids.indexOf(id);
      if (i < 0) return [cx, cy];
      const a = -Math.PI / 2 + (i * 2 * Math.PI) / ids.length;
      return [cx + r * Math.cos(a), cy + r * Math.sin(a), a];
    };
    g.strokeStyle = c.grid;
    g.lineWidth = 1;
    circle(g, cx, cy, r);
    g.stroke();
    g.font = "500 11px Inter, system-ui, sans-serif";
    g.textBaseline = "middle";
    for (const id of ids) {
      const [x, y, a] = place(id);
      const runs = now && id === now.task && this.glide > 0.95;
      if (runs) { g.fillStyle = c["gold-soft"]; circle(g, x, y, 20); g.fill(); }
      circle(g, x, y, runs ? 13 : 6);
      g.fillStyle = runs ? c.gold : c.panel;
      g.fill();
      g.strokeStyle = runs ? c.gold : c.faint;
      g.lineWidth = runs ? 2 : 1.5;
      g.stroke();
      g.fillStyle = runs ? c.text : c.muted;
      const right = Math.cos(a) > 0.12, left = Math.cos(a) < -0.12;
      g.textAlign = right ? "left" : left ? "right" : "center";
      const off = runs ? 25 : 13, room = right ? w - x - off - 2 : left ? x - off - 2 : 170;
      label(g, this.name(id), x + (right ? off : left ? -off : 0), y + (right || left ? 0 : Math.sin(a) * (off + 5)), room);
    }
    if (!now) return;
    const [x0, y0] = was ? place(was.task) : [cx, cy], [x1, y1] = place(now.task), t = this.glide;
    const bend = 0.35, mx = (x0 + x1) / 2 + (cx - (x0 + x1) / 2) * bend, my = (y0 + y1) / 2 + (cy - (y0 + y1) / 2) * bend;
    g.strokeStyle = c.gold;
    g.globalAlpha = 0.45;
    g.lineWidth = 2;
    g.beginPath();
    g.moveTo(x0, y0);
    for (let i = 1; i <= 16; i++) g.lineTo(...bezier(x0, y0, mx, my, x1, y1, (t * i) / 16));
    g.stroke();
    g.globalAlpha = 1;
    const [bx, by] = bezier(x0, y0, mx, my, x1, y1, t);
    const there = t > 0.95 && now.task !== IDLE;
    baton(g, bx, by, there ? "#1a1406" : c.gold, there ? -0.66 : now.task === IDLE && t > 0.95 ? 0 : Math.atan2(y1 - y0, x1 - x0), there ? 0.72 : 1);
    if (now.task === IDLE && t > 0.9) {
      g.fillStyle = c.muted;
      g.textAlign = "center";
      g.fillText("nobody runs", cx, cy + 20);
    }
  }

  drawLanes({ g, w, h }) {
    const c = this.c, row = 27, top = 6, foot = 32;
    this.room = Math.max(4, Math.min(14, Math.floor((h - top - foot) / row)));
    const gutter = w < 520 ? 104 : 176, tailRoom = w < 760 ? 18 : 214, right = w - tailRoom;
    const col = w < 520 ? 34 : 50;
    const y = (id) => {
      const i = this.lanes.indexOf(id);
      return id === IDLE ? h - foot / 2 - 2 : i < 0 ? null : top + row * (i + 0.5);
    };
    g.textBaseline = "middle";
    const now = this.cols.at(-1);
    for (const id of this.lanes) {
      const yy = y(id), runs = now?.task === id && this.glide > 0.95, task = this.tasks.get(id);
      g.strokeStyle = c.faint;
      g.globalAlpha = 0.6;
      g.lineWidth = 1;
      g.setLineDash([2, 5]);
      g.beginPath(); g.moveTo(gutter, yy); g.lineTo(right + 6, yy); g.stroke();
      g.setLineDash([]);
      g.globalAlpha = 1;
      g.textAlign = "left";
      g.font = `${runs ? 600 : 500} 12px Inter, system-ui, sans-serif`;
      g.fillStyle = runs ? c.text : c.muted;
      const indent = w < 520 ? 0 : Math.min(3, task?.depth ?? 0) * 8;
      label(g, this.name(id), 12 + indent, yy, gutter - 22 - indent);
      if (tailRoom > 100) {
        g.font = "11.5px Inter, system-ui, sans-serif";
        g.fillStyle = runs ? c["gold-ink"] : c.muted;
        label(g, runs ? "● holds the baton" : outside(id) ? "no task: a callback of the loop" : task ? (task.awaits ? "awaits " + task.awaits : task.state) : "has ended", right + 16, yy, tailRoom - 24);
      }
    }
    const yi = y(IDLE);
    g.fillStyle = c.raise;
    g.fillRect(0, h - foot + 2, w, foot - 2);
    g.font = "12px Inter, system-ui, sans-serif";
    g.fillStyle = c.muted;
    g.textAlign = "left";
    label(g, "nobody", 12, yi, gutter - 22);
    if (tailRoom > 100) label(g, "waits for the network or a timer", right + 16, yi, tailRoom - 24);
    g.save();
    g.beginPath(); g.rect(gutter, 0, right - gutter + 8, h); g.clip();
    const x = (i) => right - col * (this.cols.length - 1 - i) - col * this.glide + (now ? 0 : col);
    const many = Math.ceil((right - gutter) / col) + 2, from = Math.max(0, this.cols.length - many);
    this.path(g, c, from, x, y, col);
    for (let i = from; i < this.cols.length; i++) this.block(g, c, this.cols[i], x(i), y(this.cols[i].task), col, i === this.cols.length - 1, h);
    g.restore();
    if (now) {
      const was = this.cols.at(-2), t = this.glide, yb = y(now.task), ya = (was && y(was.task)) ?? yb;
      if (yb !== null && t < 1) baton(g, right - col * t - 5, ya + (yb - ya) * t, c.gold, -0.66, 1);
    }
  }
  path(g, c, from, x, y, col) {
    g.strokeStyle = c.gold;
    g.lineWidth = 1.5;
    for (let i = from + 1; i < this.cols.length; i++) {
      const a = this.cols[i - 1], b = this.cols[i], ya = y(a.task), yb = y(b.task);
      if (ya === null || yb === null || b.missed) continue;
      const x0 = x(i - 1) + col - 10, x1 = x(i), mid = (x0 + x1) / 2;
      g.globalAlpha = i === this.cols.length - 1 ? this.glide : 0.7;
      g.beginPath(); g.moveTo(x0, ya); g.bezierCurveTo(mid + 3, ya, mid - 3, yb, x1, yb); g.stroke();
    }
    g.globalAlpha = 1;
  }
  block(g, c, k, x, y, col, newest, h) {
    if (k.missed) {
      g.fillStyle = c.muted;
      g.font = "10px Inter, system-ui, sans-serif";
      g.textAlign = "center";
      g.save(); g.translate(x - 5, h / 2 - 12); g.rotate(-Math.PI / 2); g.fillText(`${k.missed} steps not shown`, 0, 0); g.restore();
      g.strokeStyle = c.faint; g.setLineDash([1, 3]); g.beginPath(); g.moveTo(x - 5, 6); g.lineTo(x - 5, h / 2 - 68); g.moveTo(x - 5, h / 2 + 44); g.lineTo(x - 5, h - 38); g.stroke(); g.setLineDash([]);
    }
    if (y === null) return;
    const wide = col - 10, lit = newest && this.glide > 0.95;
    if (newest && this.glide < 0.95) return;
    g.beginPath();
    if (k.task === IDLE) {
      g.roundRect(x, y - 3, wide, 6, 3);
      g.fillStyle = c.faint; g.fill();
      return;
    }
    g.roundRect(x, y - 9, wide, 18, 5);
    g.fillStyle = lit ? c.gold : c["gold-soft"];
    g.fill();
    g.strokeStyle = c.gold; g.lineWidth = 1; g.stroke();
    if (col < 40) return;
    g.font = "600 9.5px Inter, system-ui, sans-serif";
    g.textAlign = "center";
    g.fillStyle = lit ? "#1a1406" : c["gold-ink"];
    label(g, micros(k.took).replace(" ", "\u2009"), x + wide / 2, y + 0.5, wide - 2);
  }
}

// came names what came from outside.
function came(c) {
  const names = [...c.names].filter(Boolean);
  return names.length ? names.slice(0, 2).join(", ") + (names.length > 2 ? ` and ${names.length - 2} more` : "") : "something from outside";
}

// baton draws the baton itself.
function baton(g, x, y, colour, angle, size) {
  g.save();
  g.translate(x, y);
  g.rotate(angle);
  g.scale(size, size);
  g.fillStyle = colour;
  if (size >= 1) {
    g.globalAlpha = 0.22;
    g.beginPath();
    g.roundRect(-16, -8, 32, 16, 8);
    g.fill();
    g.globalAlpha = 1;
  }
  g.beginPath();
  g.roundRect(-11, -3.5, 22, 7, 3.5);
  g.fill();
  g.restore();
}
function circle(g, x, y, r) { g.beginPath(); g.arc(x, y, r, 0, 2 * Math.PI); }
function bezier(x0, y0, mx, my, x1, y1, t) {
  const u = 1 - t;
  return [u * u * x0 + 2 * u * t * mx + t * t * x1, u * u * y0 + 2 * u * t * my + t * t * y1];
}
// label writes text that is cut where there is no room for it. Measuring is dear, so that cuts are kept.
const cuts = new Map();
function label(g, text, x, y, room) {
  const key = `${g.font}|${Math.round(room)}|${text}`;
  let cut = cuts.get(key);
  if (cut === undefined) {
    cut = text;
    for (let n = text.length; n > 1 && g.measureText(cut).width > room; n--) cut = text.slice(0, n - 1) + "…";
    if (cuts.size > 2000) cuts.clear();
    cuts.set(key, cut);
  }
  g.fillText(cut, x, y);
}
// fit makes a canvas as sharp as the screen, and empty.
function fit(canvas) {
  const k = devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
  if (canvas.width !== Math.round(w * k) || canvas.height !== Math.round(h * k)) { canvas.width = Math.round(w * k); canvas.height = Math.round(h * k); }
  const g = canvas.getContext("2d");
  g.setTransform(k, 0, 0, k, 0, 0);
  g.clearRect(0, 0, w, h);
  return { g, w, h };
}
