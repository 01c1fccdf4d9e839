#!/usr/bin/env python3
"""check.py --journal DIR --info FILE --exchange DIR [--json]

Recomputes an account from the raw journal of a trader, and compares it with what the exchange says of the same account, to the
last digit. It shares nothing with the trader: another language, another number type (decimal), the standard library alone. The
journal is decoded here by docs/journal-format.md.

  --journal   the folder of the journal (*.tape)
  --info      the exchange's instruments (exchangeInfo.json, as the trader's state folder keeps it)
  --exchange  a folder with the exchange's own answers: account.json (GET /fapi/v3/account), trades.json (/fapi/v1/userTrades),
              orders.json (/fapi/v1/allOrders), open.json (/fapi/v1/openOrders), income.json (/fapi/v1/income), rates.json
              (a list of /fapi/v1/commissionRate)

Exit code 0: no difference. 1: differences, one a line. 2: something could not be read.
"""

import argparse
import json
import pathlib
import sys
from decimal import ROUND_HALF_EVEN, Decimal, getcontext

getcontext().prec = 60
UNIT = Decimal("0.00000001")
ZERO = Decimal(0)


class Damaged(Exception):
    """The journal cannot be what a trader wrote."""


# --- the tape: segments, frames, checksums -------------------------------------------------------------------------------------

MAGIC, HEADER, FRAME, MAX_RECORD = b"BATONTP1", 20, 16, 1 << 20


def _table():
    out = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ (0x82F63B78 if n & 1 else 0)
        out.append(n)
    return out


TABLE = _table()


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def number(b, at, size):
    return int.from_bytes(b[at : at + size], "little")


def frames(folder):
    """The payloads of the tape, in order. A torn end of the last segment is passed over; anything else that is not whole is damage."""
    names = sorted(p for p in pathlib.Path(folder).glob("*.tape") if len(p.stem) == 10 and p.stem.isdigit())
    if not names:
        raise Damaged(f"{folder}: no segment")
    due = None
    for path in names:
        b = path.read_bytes()
        if b[:8] != MAGIC or len(b) < HEADER or number(b, 16, 4) != crc32c(b[:16]):
            raise Damaged(f"{path.name}: no valid header")
        first = number(b, 8, 8)
        if due is not None and first != due:
            raise Damaged(f"{path.name}: begins with record {first} where {due} is due")
        due, at = first, HEADER
        while at < len(b):
            size = number(b, at, 4)
            end = at + FRAME + size
            whole = len(b) - at >= FRAME and size <= MAX_RECORD and end <= len(b)
            if whole and number(b, at + 4, 4) == crc32c(b[at + 8 : end], crc32c(b[at : at + 4])):
                if number(b, at + 8, 8) != due:
                    raise Damaged(f"{path.name}, byte {at}: record {number(b, at + 8, 8)} where {due} is due")
                yield b[at + FRAME : end]
                due, at = due + 1, end
                continue
            if path != names[-1] or followed(b, at, due):
                raise Damaged(f"{path.name}, byte {at}: record {due} is damaged")
            return  # a torn tail: it was never acknowledged


def followed(b, at, due):
    """Whether a whole record stands somewhere behind a damaged one."""
    for i in range(at + 1, len(b) - FRAME + 1):
        n, size = number(b, i + 8, 8), number(b, i, 4)
        if due <= n <= due + len(b) // FRAME and i + FRAME + size <= len(b):
            if number(b, i + 4, 4) == crc32c(b[i + 8 : i + FRAME + size], crc32c(b[i : i + 4])):
                return True
    return False


# --- entries -------------------------------------------------------------------------------------------------------------------

INTENT, SENT, OUTCOME, UPDATE, FILL, CHANGE, LATCH, NOTE, START, OPEN, ADJUST, ADOPT, REPORT = range(1, 14)
SNAPSHOT = 0x40
PLACE, CANCEL = 1, 2
ACCEPTED, REFUSED = 1, 2
ORDER, FUNDING = 1, 2  # reasons of a change
VERSIONS = (1, 2, 3)


class Entry:
    """One entry, read field by field."""

    def __init__(self, b):
        self.b, self.at = b, 0

    def octet(self):
        if self.at >= len(self.b):
            raise Damaged("an entry ends early")
        self.at += 1
        return self.b[self.at - 1]

    def unsigned(self):
        value = shift = 0
        while True:
            byte = self.octet()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def int(self):
        n = self.unsigned()
        return (n >> 1) ^ -(n & 1)

    def money(self):
        return self.int() * UNIT

    def text(self):
        size = self.unsigned()
        self.at += size
        if self.at > len(self.b):
            raise Damaged("a text ends early")
        return self.b[self.at - size : self.at].decode()

    def side(self):
        return {1: 1, 255: -1}[self.octet()]


def entries(folder):
    for payload in frames(folder):
        outer = Entry(payload)
        while outer.at < len(payload):
            size = outer.unsigned()
            e = Entry(payload[outer.at : outer.at + size])
            if len(e.b) < size:
                raise Damaged("an entry is longer than its record")
            outer.at += size
            version, kind = e.octet(), e.octet()
            if version not in VERSIONS:
                raise Damaged(f"an entry of version {version}, this program reads {VERSIONS}")
            if kind < SNAPSHOT:
                yield kind, e.int(), e


# --- the books -----------------------------------------------------------------------------------------------------------------


def rounded(x):
    return x.quantize(UNIT, rounding=ROUND_HALF_EVEN)


class Position:
    """Signed quantity and what it was paid for."""

    def __init__(self):
        self.qty, self.cost = ZERO, ZERO

    def apply(self, side, px, qty):
        """Books one fill and gives the profit that it realises."""
        signed = side * qty
        closed = min(abs(self.qty), qty) if self.qty * side < 0 else ZERO
        profit = ZERO
        if closed:
            left = self.qty + side * closed
            stays = rounded(self.cost * left / self.qty)
            profit = (self.cost - stays) * -1 - rounded(px * side * closed)
            self.qty, self.cost = left, stays
        if qty > closed:
            self.cost += rounded(px * side * (qty - closed))
            self.qty += side * (qty - closed)
        return rounded(profit)


class Books:
    """What the journal comes to."""

    def __init__(self, folder, info):
        self.tick, self.lot, self.margin = {}, {}, {}
        for s in json.loads(pathlib.Path(info).read_text())["symbols"]:
            self.margin[s["symbol"]] = s["marginAsset"]
            for f in s["filters"]:
                if f["filterType"] == "PRICE_FILTER":
                    self.tick[s["symbol"]] = Decimal(f["tickSize"])
                if f["filterType"] == "LOT_SIZE":
                    self.lot[s["symbol"]] = Decimal(f["stepSize"])
        self.run, self.wrong, self.records = "", [], 0
        self.intents, self.sent, self.refused = {}, set(), set()
        self.fills, self.funding = {}, []
        self.wallet, self.fees, self.realised, self.positions = {}, {}, {}, {}
        for kind, when, e in entries(folder):
            self.records += 1
            self.read(kind, when, e)

    def add(self, book, asset, amount):
        book[asset] = book.get(asset, ZERO) + amount

    def read(self, kind, when, e):
        if kind == INTENT:
            op, side, typ, _tif, _marks = e.octet(), e.side(), e.octet(), e.octet(), e.octet()
            symbol, order, px, qty = e.text(), e.int(), e.int(), e.int()
            if op == PLACE:
                if order in self.intents:
                    self.wrong.append(f"order {order} was intended twice")
                self.intents[order] = (symbol, side, typ, px * self.tick[symbol], qty * self.lot[symbol], when)
        elif kind == SENT:
            op, order = e.octet(), e.int()
            if op == PLACE:
                if order in self.sent:
                    self.wrong.append(f"order {order} left twice")
                if order not in self.intents:
                    self.wrong.append(f"order {order} left without an intent")
                self.sent.add(order)
        elif kind == OUTCOME:
            op, order, outcome = e.octet(), e.int(), e.octet()
            if op == PLACE and outcome == REFUSED:
                self.refused.add(order)
        elif kind == FILL:
            self.fill(e)
        elif kind in (CHANGE, OPEN, ADJUST):
            reason, symbol, amount, _wallet, time, asset = e.octet(), e.text(), e.money(), e.money(), e.int(), e.text()
            if kind == ADJUST:
                self.wrong.append(f"{amount} {asset} went to suspense: {e.text()}")
            if kind == OPEN or kind == ADJUST or reason != ORDER:
                self.add(self.wallet, asset, amount)
            if kind == CHANGE and reason == FUNDING:
                self.funding.append((asset, symbol, amount, time // 1_000_000))
        elif kind == ADOPT:
            symbol, qty, entry = e.text(), e.int(), e.money()
            p = self.positions.setdefault(symbol, Position())
            p.qty = qty * self.lot[symbol]
            p.cost = rounded(p.qty * entry)
        elif kind == START:
            e.text()
            run = e.text()
            if self.run and run and run != self.run:
                self.wrong.append(f"the journal changes its name from {self.run} to {run}")
            self.run = run or self.run

    def fill(self, e):
        side, marks, symbol = e.side(), e.octet(), e.text()
        order, trade, px, qty = e.int(), e.int(), e.int() * self.tick[symbol], e.int() * self.lot[symbol]
        commission, realised, _time, asset = e.money(), e.money(), e.int(), e.text()
        if (symbol, trade) in self.fills:
            self.wrong.append(f"trade {trade} of {symbol} is booked twice")
            return
        self.fills[symbol, trade] = (order, side, px, qty, commission, asset, realised, bool(marks & 1))
        own = self.positions.setdefault(symbol, Position()).apply(side, px, qty)
        if own != realised:
            self.wrong.append(f"trade {trade} of {symbol}: realised {realised} by the exchange, {own} recomputed")
        self.add(self.wallet, self.margin[symbol], realised)
        self.add(self.realised, self.margin[symbol], realised)
        self.add(self.wallet, asset, -commission)
        self.add(self.fees, asset, commission)


# --- the exchange's side ---------------------------------------------------------------------------------------------------------


class Exchange:
    def __init__(self, folder):
        def read(name):
            return json.loads((pathlib.Path(folder) / (name + ".json")).read_text(), parse_float=Decimal)

        self.account, self.trades, self.orders = read("account"), read("trades"), read("orders")
        self.open, self.income = read("open"), read("income")
        self.rates = {r["symbol"]: r for r in read("rates")}


def base36(text):
    return int(text, 36)


def compare(books, x):
    """Everything that differs, one text each."""
    out = list(books.wrong)
    stem = f"baton-{books.run}-"
    theirs = {}
    for o in x.orders:
        if not o["clientOrderId"].startswith(stem):
            out.append(f"the exchange has an order {o['clientOrderId']} that is not ours")
            continue
        mine = base36(o["clientOrderId"][len(stem) :])
        if mine in theirs:
            out.append(f"order {mine} is twice at the exchange")
        theirs[mine] = o
    out += compare_orders(books, theirs)
    out += compare_trades(books, x, {o["orderId"]: mine for mine, o in theirs.items()})
    out += compare_money(books, x)
    for o in x.open:
        out.append(f"order {o['clientOrderId']} is still open at the exchange")
    return out


def compare_orders(books, theirs):
    out = []
    for mine, o in theirs.items():
        if mine not in books.intents:
            out.append(f"order {mine} is at the exchange and was never intended in the journal")
            continue
        symbol, side, _typ, px, qty, _when = books.intents[mine]
        said = (o["symbol"], {"BUY": 1, "SELL": -1}[o["side"]], Decimal(o["price"]), Decimal(o["origQty"]))
        if said != (symbol, side, px, qty):
            out.append(f"order {mine}: the exchange has {said}, the intent was {(symbol, side, px, qty)}")
        if mine in books.refused:
            out.append(f"order {mine} was refused by the journal, and is at the exchange")
        done = sum((f[3] for f in books.fills.values() if f[0] == mine), ZERO)
        if done != Decimal(o["executedQty"]):
            out.append(f"order {mine}: filled {o['executedQty']} at the exchange, {done} in the journal")
    for mine in books.sent - books.refused - theirs.keys():
        if any(f[0] == mine for f in books.fills.values()):
            out.append(f"order {mine} has fills in the journal, and the exchange does not know it")
    return out


def compare_trades(books, x, mine):
    out, seen = [], set()
    for t in x.trades:
        key = (t["symbol"], t["id"])
        if key in seen:
            out.append(f"the exchange names trade {key} twice")
        seen.add(key)
        if key not in books.fills:
            out.append(f"trade {t['id']} of {t['symbol']} is at the exchange and not in the journal")
            continue
        side, px, qty = {"BUY": 1, "SELL": -1}[t["side"]], Decimal(t["price"]), Decimal(t["qty"])
        said = (mine.get(t["orderId"]), side, px, qty, Decimal(t["commission"]), t["commissionAsset"], Decimal(t["realizedPnl"]), t["maker"])
        if said != books.fills[key]:
            out.append(f"trade {t['id']} of {t['symbol']}: the exchange says {said}, the journal {books.fills[key]}")
        rate = Decimal(x.rates[t["symbol"]]["makerCommissionRate" if t["maker"] else "takerCommissionRate"])
        if Decimal(t["commission"]) != rounded(px * qty * rate):
            out.append(f"trade {t['id']} of {t['symbol']}: commission {t['commission']}, recomputed {rounded(px * qty * rate)}")
    for key in books.fills.keys() - seen:
        out.append(f"trade {key[1]} of {key[0]} is in the journal and not at the exchange")
    return out


def compare_money(books, x):
    out = []
    for a in x.account["assets"]:
        have, want = books.wallet.get(a["asset"], ZERO), Decimal(a["walletBalance"])
        if have != want:
            out.append(f"wallet {a['asset']}: {want} at the exchange, {have} recomputed")
    for p in x.account["positions"]:
        mine = books.positions.get(p["symbol"], Position())
        if mine.qty != Decimal(p["positionAmt"]):
            out.append(f"position {p['symbol']}: {p['positionAmt']} at the exchange, {mine.qty} recomputed")
    for symbol, mine in books.positions.items():
        if mine.qty and symbol not in {p["symbol"] for p in x.account["positions"]}:
            out.append(f"position {symbol}: none at the exchange, {mine.qty} recomputed")
    totals = {}
    for i in x.income:
        totals[i["incomeType"]] = totals.get(i["incomeType"], ZERO) + Decimal(i["income"])
    for kind, have in (
        ("REALIZED_PNL", books.realised.get("USDT", ZERO)),
        ("COMMISSION", -books.fees.get("USDT", ZERO)),
        ("FUNDING_FEE", sum((f[2] for f in books.funding if f[0] == "USDT"), ZERO)),
    ):
        if totals.get(kind, ZERO) != have:
            out.append(f"income {kind}: {totals.get(kind, ZERO)} at the exchange, {have} recomputed")
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("journal", "info", "exchange"):
        p.add_argument("--" + name, required=True)
    p.add_argument("--json", action="store_true", help="print one JSON object")
    a = p.parse_args()
    try:
        books, x = Books(a.journal, a.info), Exchange(a.exchange)
        wrong = compare(books, x)
    except (Damaged, OSError, KeyError, ValueError) as e:
        print(f"check: {type(e).__name__}: {e}", file=sys.stderr)
        return 2
    said = {
        "records": books.records,
        "intents": len(books.intents),
        "orders_at_exchange": len(x.orders),
        "fills": len(books.fills),
        "funding": len(books.funding),
        "wallet": {k: str(v) for k, v in sorted(books.wallet.items())},
        "fees": {k: str(v) for k, v in sorted(books.fees.items())},
        "realised": {k: str(v) for k, v in sorted(books.realised.items())},
        "positions": {k: str(v.qty) for k, v in sorted(books.positions.items())},
        "differences": wrong,
    }
    if a.json:
        print(json.dumps(said))
    else:
        for k, v in said.items():
            if k != "differences":
                print(f"{k}: {v}")
        for w in wrong:
            print("DIFFERENT " + w)
        print(f"{len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
