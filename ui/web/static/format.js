// Numbers and times as people read them. Exact decimals come as strings and stay strings: nothing here rounds money except where
// the name says so. A missing value is "n/a", never a zero.

export const NA = "n/a";
const MINUS = "\u2212";
const COMMA = ",";

// group puts separators into the whole part of a decimal string: "61803.30" is "61,803.30".
function group(text) {
  const [whole, part] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, COMMA);
  return part === undefined ? grouped : grouped + "." + part;
}

// plain is an exact decimal with grouping and, where negative, U+2212.
export function plain(text) {
  if (text === null || text === undefined) return NA;
  return text.startsWith("-") ? MINUS + group(text.slice(1)) : group(text);
}

// places cuts or fills a decimal string to n places, half away from zero, by its digits: never by a float.
export function places(text, n) {
  if (text === null || text === undefined) return text;
  const neg = text.startsWith("-");
  const [whole, part = ""] = (neg ? text.slice(1) : text).split(".");
  let digits = BigInt(whole + part.slice(0, n).padEnd(n, "0"));
  if (part.length > n && part.charCodeAt(n) >= 53) digits += 1n;
  let out = digits.toString().padStart(n + 1, "0");
  if (n > 0) out = out.slice(0, -n) + "." + out.slice(-n);
  return neg && digits !== 0n ? "-" + out : out;
}

// money is a sum in the account's asset, to n places (2 unless told).
export const money = (text, n = 2) => plain(places(text, n));

// signed always shows its sign: "+3.12", "−1.90", and "0.00" without one.
export function signed(text, n = 2) {
  if (text === null || text === undefined) return NA;
  const cut = places(text, n);
  return (signOf(cut) > 0 ? "+" : "") + plain(cut);
}

// signOf is -1, 0 or 1 of a decimal string.
export function signOf(text) {
  if (text === null || text === undefined || !/[1-9]/.test(text)) return 0;
  return text.startsWith("-") ? -1 : 1;
}

// tone is the class of a signed value as it is shown, to n places; the sign stands in the text too.
export const tone = (text, n = 2) => ["down", "flat", "up"][signOf(places(text, n)) + 1];

// percent is a fraction given as a decimal string ("0.0001") in per cent, shifted by its digits, with sign.
export function percent(text, n = 4) {
  if (text === null || text === undefined) return NA;
  const neg = text.startsWith("-");
  const [whole, part = ""] = (neg ? text.slice(1) : text).split(".");
  const long = part.padEnd(2, "0");
  const moved = BigInt(whole + long.slice(0, 2)).toString() + "." + (long.slice(2) || "0");
  return signed((neg ? "-" : "") + moved, n) + "%";
}

// num is a float for people: the places fit its size.
export function num(x, n) {
  if (x === null || x === undefined || Number.isNaN(x)) return NA;
  const a = Math.abs(x);
  const p = n ?? (a >= 100 ? 0 : a >= 10 ? 1 : 2);
  const text = a.toLocaleString("en-US", { minimumFractionDigits: p, maximumFractionDigits: p });
  return x < 0 ? MINUS + text : text;
}

export const count = (x) => (x === null || x === undefined ? NA : x.toLocaleString("en-US"));

// micros is a span given in microseconds, in the unit that fits: "42 µs", "3.1 ms", "2.00 s".
export function micros(us) {
  if (us === null || us === undefined) return NA;
  if (us < 1) return num(us * 1000, 0) + " ns";
  if (us < 1000) return num(us, us < 10 ? 1 : 0) + " µs";
  return millis(us / 1000);
}

// millis is a span given in milliseconds.
export function millis(ms) {
  if (ms === null || ms === undefined) return NA;
  if (ms < 0) return MINUS + millis(-ms);
  if (ms < 1000) return num(ms, ms < 10 && ms % 1 ? 1 : 0) + " ms";
  if (ms < 60_000) return num(ms / 1000, ms < 10_000 ? 1 : 0) + " s";
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} m ${pad(Math.floor(ms / 1000) % 60)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${pad(Math.floor(ms / 60_000) % 60)} m`;
}

const pad = (n, w = 2) => String(n).padStart(w, "0");

// countdown is "03:08:01".
export function countdown(ms) {
  if (ms === null || ms === undefined) return NA;
  const s = Math.max(0, Math.floor(ms / 1000));
  return `${pad(Math.floor(s / 3600))}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
}

// clock is a time of day; utc says in which zone. parts: 0 seconds, 3 milliseconds.
export function clock(ms, utc, parts = 0) {
  if (ms === null || ms === undefined) return NA;
  const d = new Date(ms);
  const [h, m, s, f] = utc
    ? [d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds(), d.getUTCMilliseconds()]
    : [d.getHours(), d.getMinutes(), d.getSeconds(), d.getMilliseconds()];
  return `${pad(h)}:${pad(m)}:${pad(s)}` + (parts ? "." + pad(f, 3) : "");
}

// day is "2024-08-08".
export function day(ms, utc) {
  const d = new Date(ms);
  return utc
    ? `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`
    : `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
}

export function bytes(n) {
  if (n === null || n === undefined) return NA;
  return n < 1 << 20 ? num(n / 1024, 0) + " KiB" : num(n / (1 << 20), 1) + " MiB";
}

// value is one figure of the report in its unit; what can be won or lost has its sign.
export function value(v, won) {
  if (v.value === null) return NA;
  const show = won ? signed : money;
  switch (v.unit) {
    case "money": return show(v.value, 2);
    case "percent": return show(trim(v.value, 3), Math.max(2, Math.min(3, (v.value.split(".")[1] ?? "").length))) + "%";
    case "count": return plain(v.value);
    default: return plain(trim(v.value, 3));
  }
}

function trim(text, n) {
  const part = text.split(".")[1] ?? "";
  return part.length > n ? places(text, n) : text;
}
