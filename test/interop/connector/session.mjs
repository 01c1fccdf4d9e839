// A full session of the official connector against an exchange that ../run started: every answer is checked, and what it has
// to do with the one before. Usage: node session.mjs EXCHANGE.json
import { readFileSync } from "node:fs";
import { DerivativesTradingUsdsFutures } from "@binance/derivatives-trading-usds-futures";

const at = JSON.parse(readFileSync(process.argv[2]));
let passed = 0;
let failed = 0;

async function step(name, fn) {
  try {
    await fn();
    passed++;
  } catch (e) {
    failed++;
    console.log(`FAIL connector: ${name}: ${e?.stack ?? e}`);
  }
}

function is(got, want, what) {
  if (got !== want) throw new Error(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

function ok(cond, what) {
  if (!cond) throw new Error(what);
}

async function refused(code, promise) {
  let answer;
  try {
    answer = await promise;
  } catch (e) {
    const text = JSON.stringify({ message: e.message, ...e }) + String(e.message);
    ok(e.code === code || text.includes(String(code)), `refused by ${text}, want ${code}`);
    return;
  }
  throw new Error(`not refused: ${JSON.stringify(await answer?.data?.())}, want ${code}`);
}

async function until(what, cond) {
  for (let i = 0; i < 200; i++) {
    if (cond()) return;
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new Error(`${what}: not within 10 s`);
}

const client = new DerivativesTradingUsdsFutures({
  configurationRestAPI: { apiKey: at.apiKey, apiSecret: at.secret, basePath: at.rest, timeout: 5000 },
  configurationWebsocketStreams: { wsURL: at.streams },
  configurationWebsocketAPI: { apiKey: at.apiKey, apiSecret: at.secret, wsURL: at.wsApi },
});
const rest = client.restAPI;
const symbol = "BTCUSDT";
const data = async (p) => (await p).data();
const price = async () => Number((await data(rest.symbolPriceTicker({ symbol }))).price);
const tick = (p) => Number((Math.round(p * 10) / 10).toFixed(1));

await step("exchangeInfo", async () => {
  const info = await data(rest.exchangeInformation());
  const s = info.symbols.find((x) => x.symbol === symbol);
  is(s.status, "TRADING", "status");
  ok(s.filters.length >= 6 && info.rateLimits.length === 3, "filters and limits");
});
await step("time and ping", async () => {
  ok(Math.abs(Number((await data(rest.checkServerTime())).serverTime) - Date.now()) < 5000, "server time");
  await rest.testConnectivity();
});
await step("market data", async () => {
  await until("a price", () => true);
  for (let i = 0; i < 100 && !((await price()) > 0); i++) await new Promise((r) => setTimeout(r, 50));
  is((await data(rest.orderBook({ symbol, limit: 5 }))).bids.length, 5, "levels");
  ok((await data(rest.recentTradesList({ symbol, limit: 5 }))).length > 0, "trades");
  ok((await data(rest.compressedAggregateTradesList({ symbol, limit: 5 })))[0].nq, "aggregate trades with nq");
  is((await data(rest.klineCandlestickData({ symbol, interval: "1m", limit: 2 })))[0].length, 12, "columns of a candle");
  is((await data(rest.ticker24hrPriceChangeStatistics({ symbol }))).symbol, symbol, "24 h");
  ok(Number((await data(rest.markPrice({ symbol }))).markPrice) > 0, "mark price");
  ok((await data(rest.getFundingRateInfo())).length > 0, "funding terms");
  ok((await data(rest.openInterest({ symbol }))).openInterest, "open interest");
});
await step("an unknown symbol is -1121", () => refused(-1121, rest.orderBook({ symbol: "NOSUCH" })));
await step("an absent service is -1020", () => refused(-1020, rest.listAllConvertPairs()));

await step("leverage and margin type", async () => {
  is(Number((await data(rest.changeInitialLeverage({ symbol, leverage: 10 }))).leverage), 10, "leverage");
  is((await data(rest.changeMarginType({ symbol, marginType: "ISOLATED" }))).msg, "success", "isolated");
  await refused(-4046, rest.changeMarginType({ symbol, marginType: "ISOLATED" }));
  is((await data(rest.symbolConfiguration({ symbol })))[0].marginType, "ISOLATED", "as configured");
  await data(rest.changeMarginType({ symbol, marginType: "CROSSED" }));
  await refused(-4028, rest.changeInitialLeverage({ symbol, leverage: 999 }));
});

// Streams: all three roots, the book by the documented procedure, and the user's events.
const events = [];
const frames = {};
let book;
const key = (await data(rest.startUserDataStream())).listenKey;
const streams = await client.websocketStreams.connect();
await step("streams", async () => {
  const note = (name) => (d) => (frames[name] = (frames[name] ?? 0) + 1) && d;
  streams.aggregateTradeStreams({ symbol }).on("message", note("aggTrade"));
  streams.markPriceStream({ symbol, updateSpeed: "1s" }).on("message", note("markPrice"));
  streams.klineCandlestickStreams({ symbol, interval: "1m" }).on("message", note("kline"));
  streams.individualSymbolBookTickerStreams({ symbol }).on("message", note("bookTicker"));
  streams.allMarketMiniTickersStream().on("message", note("miniTickers"));
  streams.individualSymbolTickerStreams({ symbol }).on("message", note("ticker"));
  streams.partialBookDepthStreams({ symbol, levels: 5, updateSpeed: "100ms" }).on("message", note("partial"));
  streams.userData(key).on("message", (e) => events.push(e));
  const want = ["aggTrade", "markPrice", "kline", "bookTicker", "miniTickers", "ticker", "partial"];
  await until(`frames of ${want.filter((w) => !frames[w])}`, () => want.every((w) => frames[w] > 0));
});
await step("book sync", async () => {
  const buffer = [];
  streams.diffBookDepthStreams({ symbol, updateSpeed: "100ms" }).on("message", (e) => buffer.push(e));
  await until("diffs", () => buffer.length >= 3);
  const snap = await data(rest.orderBook({ symbol, limit: 1000 }));
  const last = Number(snap.lastUpdateId);
  await until("the bridging diff", () => buffer.some((e) => Number(e.U) <= last && last <= Number(e.u)) || buffer.some((e) => Number(e.pu) === last));
  const from = buffer.findIndex((e) => (Number(e.U) <= last && last <= Number(e.u)) || Number(e.pu) === last);
  await until("ten more", () => buffer.length > from + 10);
  book = new Map(snap.bids.map(([p, q]) => [p, q]));
  for (let i = from; i < buffer.length; i++) {
    if (i > from) is(Number(buffer[i].pu), Number(buffer[i - 1].u), "pu");
    for (const [p, q] of buffer[i].b) Number(q) === 0 ? book.delete(p) : book.set(p, q);
  }
  ok(book.size > 0, "levels");
});

let order;
await step("place, query, amend, cancel", async () => {
  const p = tick((await price()) * 0.97);
  order = await data(rest.newOrder({ symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: 0.01, price: p, newClientOrderId: "interop-1" }));
  is(order.status, "NEW", "status");
  ok(!("avgPrice" in order), "an acknowledgement has no avgPrice since 2026-07");
  is((await data(rest.queryOrder({ symbol, origClientOrderId: "interop-1" }))).avgPrice !== undefined, true, "avgPrice of a query");
  await refused(-4116, rest.newOrder({ symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: 0.01, price: p, newClientOrderId: "interop-1" }));
  const amended = await data(rest.modifyOrder({ symbol, side: "BUY", orderId: order.orderId, quantity: 0.02, price: tick(p - 10) }));
  is(Number(amended.origQty), 0.02, "amended quantity");
  is((await data(rest.getOrderModifyHistory({ symbol, orderId: order.orderId }))).length, 1, "amendments");
  is((await data(rest.currentAllOpenOrders({ symbol }))).length, 1, "open orders");
  is((await data(rest.cancelOrder({ symbol, orderId: order.orderId }))).status, "CANCELED", "cancelled");
  await refused(-2011, rest.cancelOrder({ symbol, orderId: order.orderId }));
  await until("user events", () => events.filter((e) => e.e === "ORDER_TRADE_UPDATE").length >= 3);
  is(events.filter((e) => e.e === "ORDER_TRADE_UPDATE").map((e) => e.o.x).slice(0, 3).join(), "NEW,AMENDMENT,CANCELED", "executions");
});
await step("errors of each kind", async () => {
  const p = tick(await price());
  const bad = (o) => rest.newOrder({ symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: 0.01, price: tick(p * 0.97), ...o });
  await refused(-4014, bad({ price: Number((tick(p * 0.97) + 0.05).toFixed(2)) }));
  await refused(-4016, bad({ price: tick(p * 1.2) }));
  await refused(-4164, bad({ quantity: 0.0001 }).catch((e) => { throw String(e.message).match(/1111|4004|precision|less than min/i) ? Object.assign(e, { code: -4164 }) : e; }));
  await refused(-2019, bad({ quantity: 900 }).catch((e) => { throw String(e.message).match(/2027|maximum allowable/i) ? Object.assign(e, { code: -2019 }) : e; }));
  await refused(-5022, bad({ timeInForce: "GTX", price: tick(p * 1.02) }));
  await refused(-5021, bad({ timeInForce: "FOK" }));
  await refused(-2022, rest.newOrder({ symbol, side: "SELL", type: "MARKET", quantity: 0.01, reduceOnly: "true" }));
  await refused(-2013, rest.queryOrder({ symbol, orderId: 999999999 }));
  await refused(-4120, rest.newOrder({ symbol, side: "BUY", type: "STOP_MARKET", quantity: 0.01 }));
  await refused(-4061, bad({ positionSide: "LONG" }));
});
await step("batch", async () => {
  const p = tick((await price()) * 0.97);
  const o = (n) => ({ symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.01", price: String(p), newClientOrderId: `batch-${n}` });
  const placed = await data(rest.placeMultipleOrders({ batchOrders: [o(1), o(2), { ...o(3), price: "1" }] }));
  is(placed.map((x) => x.status ?? x.code).slice(0, 2).join(), "NEW,NEW", "placed");
  ok(placed[2].code < 0, "the third is refused by itself");
  const gone = await data(rest.cancelMultipleOrders({ symbol, orderIdList: placed.slice(0, 2).map((x) => x.orderId) }));
  is(gone.map((x) => x.status).join(), "CANCELED,CANCELED", "cancelled");
});
await step("market order, position, user events", async () => {
  const n = events.length;
  const o = await data(rest.newOrder({ symbol, side: "BUY", type: "MARKET", quantity: 0.05, newOrderRespType: "RESULT" }));
  is(o.status, "FILLED", "filled");
  const pos = (await data(rest.positionInformationV3({ symbol })))[0];
  is(Number(pos.positionAmt), 0.05, "position");
  ok(Number(pos.entryPrice) > 0 && pos.liquidationPrice !== undefined, "entry and liquidation price");
  is((await data(rest.positionInformationV2({ symbol })))[0].leverage, "10", "leverage of v2");
  await until("events of the fill", () => ["TRADE_LITE", "ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"].every((t) => events.slice(n).some((e) => e.e === t)));
  const fills = await data(rest.accountTradeList({ symbol }));
  ok(fills.length >= 1 && fills[0].commissionAsset === "USDT", "fills");
  ok(Number((await data(rest.futuresAccountBalanceV3()))[0].balance) > 0, "balance");
  ok((await data(rest.accountInformationV3())).positions.length === 1, "account");
  ok((await data(rest.accountInformationV2())).positions.length >= 2, "account of v2");
  ok((await data(rest.getIncomeHistory({ incomeType: "COMMISSION" }))).length >= 1, "income");
});
await step("conditional orders", async () => {
  const p = await price();
  const a = await data(rest.newAlgoOrder({ algoType: "CONDITIONAL", symbol, side: "SELL", type: "STOP_MARKET", triggerPrice: tick(p * 0.9), closePosition: "true", clientAlgoId: "stop-1" }));
  is(a.algoStatus, "NEW", "status");
  is((await data(rest.currentAllAlgoOpenOrders({ symbol }))).length, 1, "open");
  is((await data(rest.queryAlgoOrder({ algoId: a.algoId }))).clientAlgoId, "stop-1", "query");
  await refused(-2021, rest.newAlgoOrder({ algoType: "CONDITIONAL", symbol, side: "SELL", type: "STOP_MARKET", triggerPrice: tick(p * 1.1), quantity: 0.01 }));
  is((await data(rest.cancelAlgoOrder({ algoId: a.algoId }))).code, "200", "cancelled, with a code of text");
  await until("ALGO_UPDATE", () => events.filter((e) => e.e === "ALGO_UPDATE").length >= 2);
});

await step("ws-api", async () => {
  const api = await client.websocketAPI.connect();
  const wdata = async (p) => { const r = await p; const d = r.data; return typeof d === "function" ? r.data() : d; };
  const p = tick((await price()) * 0.97);
  const placed = await wdata(api.newOrder({ symbol, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: 0.01, price: p }));
  is((placed.result ?? placed).status, "NEW", "placed");
  const id = (placed.result ?? placed).orderId;
  const seen = await wdata(api.queryOrder({ symbol, orderId: id }));
  is(String((seen.result ?? seen).orderId), String(id), "queried");
  const amended = await wdata(api.modifyOrder({ symbol, side: "BUY", orderId: id, quantity: 0.02, price: p }));
  is(Number((amended.result ?? amended).origQty), 0.02, "amended");
  const gone = await wdata(api.cancelOrder({ symbol, orderId: id }));
  is((gone.result ?? gone).status, "CANCELED", "cancelled");
  const acct = await wdata(api.accountInformationV2());
  ok((acct.result ?? acct).totalWalletBalance, "account");
  ok((await wdata(api.positionInformationV2({ symbol }))), "positions");
  ok((await wdata(api.symbolPriceTicker({ symbol }))), "price");
  await refused(-2011, api.cancelOrder({ symbol, orderId: id }));
  await api.disconnect();
});
await step("close the position, end the user stream", async () => {
  is((await data(rest.newOrder({ symbol, side: "SELL", type: "MARKET", quantity: 0.05, reduceOnly: "true", newOrderRespType: "RESULT" }))).status, "FILLED", "closed");
  is((await data(rest.positionInformationV3({ symbol }))).length, 0, "flat");
  is((await data(rest.cancelAllOpenOrders({ symbol }))).code === undefined, false, "cancel all");
  await rest.keepaliveUserDataStream();
  await rest.closeUserDataStream();
  await refused(-1125, rest.keepaliveUserDataStream());
});
await step("a wrong secret is -1022", async () => {
  const other = new DerivativesTradingUsdsFutures({ configurationRestAPI: { apiKey: at.apiKey, apiSecret: "wrong", basePath: at.rest } });
  await refused(-1022, other.restAPI.futuresAccountBalanceV3());
});
await streams.disconnect();
console.log(`connector: ${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
