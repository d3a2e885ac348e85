#!/usr/bin/env python3
"""The Nexmark queries against straightforward computation over the same events.

    nexmark_reference.py WEIR GEN_NEXMARK REPO QUERY...        QUERY: 0, 1, ...

Each file of queries/nexmark runs with a sink that writes its changes; what they come to must be
the rows that the function of the same number makes here, in any order.
"""
import collections
import datetime
import decimal
import json
import os
import re
import subprocess
import sys
import tempfile

import fold

EVENTS = 20000
RATE = 500  # a second of event time: 40 seconds, some windows
SEEDS = [(1, 1), (7, 1000)]  # seed, size of groups that come out of order
EPOCH = datetime.datetime(1970, 1, 1)
BID = ("auction", "bidder", "price", "channel", "url", "dateTime", "extra")
AUCTION = ("id", "itemName", "description", "initialBid", "reserve", "dateTime", "expires",
           "seller", "category", "extra")
PERSON = ("id", "name", "emailAddress", "creditCard", "city", "state", "extra")


def ms_of(text):
    return (datetime.datetime.fromisoformat(text) - EPOCH) // datetime.timedelta(milliseconds=1)


def text_of(ms):
    return (EPOCH + datetime.timedelta(milliseconds=ms)).isoformat(" ", "milliseconds")


class Events:
    def __init__(self, lines):
        self.persons, self.auctions, self.bids = [], [], []
        for line in lines:
            event = json.loads(line)
            kind = ("person", "auction", "bid")[event["event_type"]]
            row = event[kind]
            row["ms"] = ms_of(row["dateTime"])
            getattr(self, kind + "s").append(row)
        self.bids_of = collections.defaultdict(list)
        for bid in self.bids:
            self.bids_of[bid["auction"]].append(bid)

    def offers(self, auction):
        """Bids while the auction was open."""
        end = ms_of(auction["expires"])
        return [bid for bid in self.bids_of[auction["id"]] if auction["ms"] <= bid["ms"] <= end]


def pick(row, names):
    return tuple(row[name] for name in names)


def windows(ms, size_ms, step_ms):
    start = ms - ms % step_ms
    while start > ms - size_ms:
        yield start
        start -= step_ms


def grouped(rows, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def levels(bids):
    """All bids and those of the three levels of price."""
    return [bids, [b for b in bids if b["price"] < 10000],
            [b for b in bids if 10000 <= b["price"] < 1000000],
            [b for b in bids if b["price"] >= 1000000]]


def statistics(bids):
    counts = [len(level) for level in levels(bids)]
    for name in ("bidder", "auction"):
        counts += [len({b[name] for b in level}) for level in levels(bids)]
    return tuple(counts)


def q0(e):
    return [pick(b, ("auction", "bidder", "price", "dateTime", "extra")) for b in e.bids]


def q1(e):
    return [(b["auction"], b["bidder"], decimal.Decimal("0.908") * b["price"], b["dateTime"],
             b["extra"]) for b in e.bids]


def q2(e):
    return [pick(b, ("auction", "price")) for b in e.bids if b["auction"] % 123 == 0]


def q3(e):
    return [(p["name"], p["city"], p["state"], a["id"]) for p in e.persons for a in e.auctions
            if a["seller"] == p["id"] and a["category"] == 10 and p["state"] in ("OR", "ID", "CA")]


def q4(e):
    highest = collections.defaultdict(list)
    for auction in e.auctions:
        offers = e.offers(auction)
        if offers:
            highest[auction["category"]].append(max(b["price"] for b in offers))
    return [(category, sum(prices) // len(prices)) for category, prices in highest.items()]


def q5(e):
    counts = collections.defaultdict(collections.Counter)
    for bid in e.bids:
        for start in windows(bid["ms"], 10000, 2000):
            counts[start][bid["auction"]] += 1
    return [(auction, count) for window in counts.values() for auction, count in window.items()
            if count == max(window.values())]


def q7(e):
    rows = []
    for bids in grouped(e.bids, lambda b: b["ms"] // 10000).values():
        highest = max(b["price"] for b in bids)
        rows += [pick(b, ("auction", "bidder", "price", "dateTime", "extra")) for b in bids
                 if b["price"] == highest]
    return rows


def q8(e):
    sellers = {(a["seller"], a["ms"] // 10000) for a in e.auctions}
    return list({(p["id"], p["name"], text_of(p["ms"] // 10000 * 10000)) for p in e.persons
                 if (p["id"], p["ms"] // 10000) in sellers})


def q9(e):
    rows = []
    for auction in e.auctions:
        offers = e.offers(auction)
        if offers:
            best = min(offers, key=lambda b: (-b["price"], b["ms"]))
            rows.append(pick(auction, AUCTION) +
                        pick(best, ("auction", "bidder", "price", "dateTime", "extra")))
    return rows


def q11(e):
    rows = []
    for bidder, bids in grouped(e.bids, lambda b: b["bidder"]).items():
        times = sorted(b["ms"] for b in bids)
        begin, count = times[0], 0
        for i, ms in enumerate(times):
            count += 1
            if i + 1 == len(times) or times[i + 1] >= ms + 10000:
                rows.append((bidder, count, text_of(begin), text_of(ms + 10000)))
                begin, count = times[min(i + 1, len(times) - 1)], 0
    return rows


def q15(e):
    return [(day,) + statistics(bids)
            for day, bids in grouped(e.bids, lambda b: b["dateTime"][:10]).items()]


def q16(e):
    return [(channel, day, max(b["dateTime"][11:16] for b in bids)) + statistics(bids)
            for (channel, day), bids in
            grouped(e.bids, lambda b: (b["channel"], b["dateTime"][:10])).items()]


def q17(e):
    rows = []
    for (auction, day), bids in grouped(e.bids,
                                        lambda b: (b["auction"], b["dateTime"][:10])).items():
        prices = [b["price"] for b in bids]
        rows.append((auction, day) + tuple(len(level) for level in levels(bids)) +
                    (min(prices), max(prices), sum(prices) // len(prices), sum(prices)))
    return rows


def q18(e):
    last = {}
    for bid in e.bids:
        key = bid["bidder"], bid["auction"]
        if key not in last or bid["ms"] >= last[key]["ms"]:
            last[key] = bid
    return [pick(bid, BID) for bid in last.values()]


def q19(e):
    rows = []
    for bids in grouped(e.bids, lambda b: b["auction"]).values():
        first = sorted(bids, key=lambda b: -b["price"])[:10]  # stable: earlier ones stay before
        rows += [pick(b, BID) + (place,) for place, b in enumerate(first, 1)]
    return rows


def q20(e):
    return [pick(b, BID) + tuple(a[name] for name in AUCTION if name != "id")
            for a in e.auctions if a["category"] == 10 for b in e.bids_of[a["id"]]]


def q21(e):
    known = {"apple": "0", "google": "1", "facebook": "2", "baidu": "3"}
    rows = []
    for bid in e.bids:
        match = re.search("(&|^)channel_id=([^&]*)", bid["url"])
        channel_id = known.get(bid["channel"].lower(), match and match[2])
        if channel_id is not None:
            rows.append(pick(bid, ("auction", "bidder", "price", "channel")) + (channel_id,))
    return rows


def q22(e):
    return [pick(b, ("auction", "bidder", "price", "channel")) + tuple(b["url"].split("/")[3:6])
            for b in e.bids]


def q23(e):
    person = {p["id"]: p for p in e.persons}
    opened = grouped(e.auctions, lambda a: a["seller"])
    return [pick(b, ("bidder", "price", "channel", "url", "extra")) +
            pick(person[b["bidder"]], PERSON) +
            tuple(a[name] for name in AUCTION if name != "id")
            for b in e.bids if b["bidder"] in person for a in opened.get(b["bidder"], ())]


def main():
    weir, gen, root = sys.argv[1:4]
    for seed, disorder in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "nexmark.ndjson")
            with open(source, "wb") as out:
                subprocess.run([gen, "--count", str(EVENTS), "--seed", str(seed), "--rate",
                                str(RATE), "--disorder", str(disorder)], stdout=out, check=True)
            with open(source, encoding="utf-8") as lines:
                events = Events(lines)
            for number in sys.argv[4:]:
                query = os.path.join(root, f"queries/nexmark/q{number}.sql")
                with open(query, encoding="utf-8") as file:
                    job = file.read()
                name = f"q{number}, seed {seed}"
                got, changes = fold.run(weir, name, job, folder)
                fold.compare(name, got, changes, globals()[f"q{number}"](events))


main()
