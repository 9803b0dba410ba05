#!/usr/bin/env python3
"""Fills the demo server through the real client (skein-cli script), and chats live beside the app.

    demo.py fill  --bin DIR --server URL --work DIR --texts FILE
    demo.py live  …  [--seconds N] [--both] [--summary FILE]

`fill` sends the small rooms, writes WORK/small.done, then the big room, then WORK/all.done. It may be
ended at any moment: what was queued is in the clients' outboxes, the rest is counted in WORK/big.count.
"""
import argparse
import collections
import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time

USERS = {"desk": "Desk", "workshop": "Workshop", "dispatch": "Dispatch", "night": "Night shift",
         "front": "Front office", "stores": "Stores"}
OWNER = "desk"  # whom the app shows
PARTNER = "workshop"  # who writes live
BIG_ROOM, BIG_MESSAGES = "All hands", 20_200
DIRECT_ROOM = "Workshop"
IN_FLIGHT_MAX = 600  # unconfirmed messages of the big room per client
ANSWER_S = 90  # for any single answer of a client


class Client:
    """One skein-cli in script mode: commands in, events out."""

    def __init__(self, options, user):
        self.user = user
        self.events = queue.Queue()
        self.confirmed, self.receipts, self.messages = {}, {}, collections.deque(maxlen=1000)
        self.queued = self.confirmed_count = self.failed = 0
        self.by_room = collections.defaultdict(list)  # seq of own messages
        self.room_ids = {}
        self._next = 0
        self._seen = threading.Condition()
        self.answers = {}
        self.ready = False
        self.ended = False
        base = [os.path.join(options.bin, "skein-cli"), "--server", options.server,
                "--data", os.path.join(options.work, "client-" + user), "--user", user]
        env = dict(os.environ, SKEIN_PASSWORD=options.password, QT_LOGGING_RULES="*=false")
        self.log = open(os.path.join(options.work, "client-%s.log" % user), "ab")
        if not os.path.exists(os.path.join(options.work, "client-%s.account" % user)):
            made = subprocess.run(base + ["--display-name", USERS[user], "signup"], env=env,
                                  stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, check=False)
            if made.returncode:
                raise SystemExit("demo: signing up %s failed (exit %d), see %s" %
                                 (user, made.returncode, self.log.name))
            open(os.path.join(options.work, "client-%s.account" % user), "w").close()
        self.process = subprocess.Popen(base + ["script"], env=env, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        encoding="utf-8", bufsize=1)
        threading.Thread(target=self._read, daemon=True).start()
        self.wait(lambda: self.ready, "signing in")
        self.say(cmd="watch")

    def _read(self):
        for line in self.process.stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            kind = event.get("event")
            with self._seen:
                if kind == "ready":
                    self.ready = True
                elif kind == "queued":
                    self.queued += 1
                elif kind == "confirmed":
                    self.confirmed_count += 1
                    self.confirmed[event["id"]] = event["seq"]
                    self.by_room[event["room"]].append(event["seq"])
                elif kind in ("failed", "error"):
                    self.failed += 1
                    self.answers[event.get("id")] = event
                    self.log.write((line).encode())
                    self.log.flush()
                elif kind == "room":
                    self.room_ids[event["name"]] = event["room"]
                elif kind == "receipt":
                    self.receipts[event["room"]] = event
                elif kind == "message":
                    self.messages.append(event)
                elif kind in ("created", "drained", "rooms"):
                    self.answers[event.get("id")] = event
                self._seen.notify_all()
        with self._seen:
            self.ended = True
            self._seen.notify_all()

    def wait(self, is_true, what, seconds=ANSWER_S):
        with self._seen:
            if not self._seen.wait_for(lambda: is_true() or self.ended, seconds) or not is_true():
                raise SystemExit("demo: %s: %s did not happen, see %s" % (self.user, what, self.log.name))

    def say(self, **command):
        try:
            self.process.stdin.write(json.dumps(command, ensure_ascii=False) + "\n")
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise SystemExit("demo: the client of %s ended, see %s" % (self.user, self.log.name))

    def send(self, room, text, reply=None):
        self._next += 1
        key = "%s-%d" % (self.user, self._next)
        command = {"cmd": "send", "room": room, "text": text, "id": key}
        if reply:
            command["reply"] = reply
        self.say(**command)
        return key

    def send_and_wait(self, room, text, reply=None):
        key = self.send(room, text, reply)
        self.wait(lambda: key in self.confirmed or key in self.answers, "confirmation")
        return self.confirmed.get(key)

    def create(self, kind, name, members):
        self._next += 1
        key = "%s-%d" % (self.user, self._next)
        self.say(cmd="create", kind=kind, name=name, members=members, id=key)
        self.wait(lambda: key in self.answers, "making a room")
        answer = self.answers[key]
        if answer["event"] != "created":
            raise SystemExit("demo: the room '%s' was refused: %s" % (name, answer))
        return answer["room"]

    def drained(self, seconds=ANSWER_S):
        self._next += 1
        key = "%s-%d" % (self.user, self._next)
        self.say(cmd="wait-drained", id=key)
        self.wait(lambda: key in self.answers, "an empty queue", seconds)

    def close(self):
        if self.process.poll() is None:
            try:
                self.say(cmd="quit")
                self.process.wait(10)
            except (SystemExit, subprocess.TimeoutExpired):
                self.process.terminate()
        self.log.close()


def tell(text):
    print("demo: " + text, flush=True)


def write(path, value):
    with open(path + ".part", "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False)
    os.replace(path + ".part", path)


def read(path, default=None):
    try:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError):
        return default


def counts(clients):
    """Sent, confirmed, delivered and read messages of these clients, from what they were told."""
    total = collections.Counter(sent=0, confirmed=0, delivered=0, read=0, failed=0)
    for client in clients:
        total["sent"] += client.queued
        total["confirmed"] += client.confirmed_count
        total["failed"] += client.failed
        for room, seqs in client.by_room.items():
            receipt = client.receipts.get(room, {})
            total["delivered"] += sum(1 for s in seqs if s <= receipt.get("delivered", 0))
            total["read"] += sum(1 for s in seqs if s <= receipt.get("read", 0))
    return dict(total)


def merge(path, more):
    before = read(path, {})
    write(path, {k: before.get(k, 0) + more.get(k, 0) for k in set(before) | set(more)})


# ---- filling ----------------------------------------------------------------------------------

def plan(texts):
    """Rooms with their members and messages: (kind, name, members, [(who, text, parent index)…])."""
    dice = random.Random(7)
    rooms = []
    everybody = list(USERS)
    for i, declaration in enumerate(texts["declarations"]):
        members = [OWNER, PARTNER] + dice.sample(everybody[2:], 2)
        messages = [(members[n % len(members)], part, None)
                    for n, part in enumerate([declaration["title"]] + declaration["parts"])]
        rooms.append(("general", declaration["title"][:60], members, messages))
    for i, thread in enumerate(texts["threads"]):
        writers = dice.sample(everybody, len(everybody))
        messages = [(writers[m["who"] % len(writers)], m["text"], m["parent"]) for m in thread["messages"]]
        members = list(dict.fromkeys([OWNER, PARTNER] + [m[0] for m in messages]))
        rooms.append((("job", "support")[i % 2], thread["subject"], members, messages))
    for user in everybody[1:]:
        lines = dice.sample(texts["sentences"], 14)
        messages = [((OWNER, user)[dice.random() < 0.55], line, None) for line in lines]
        rooms.append(("direct", USERS[user], [OWNER, user], messages))
    return rooms


def fill_room(clients, room_id, messages, failures):
    try:
        seqs = []
        for who, text, parent in messages:
            reply = seqs[parent] if parent is not None and parent < len(seqs) else None
            seqs.append(clients[who].send_and_wait(room_id, text, reply))
    except SystemExit as error:
        failures.append(str(error))


def fill_small(options, texts):
    started = time.monotonic()
    tell("signing up %d users" % len(USERS))
    clients = {user: Client(options, user) for user in USERS}
    rooms = plan(texts)
    big = clients[PARTNER].create("general", BIG_ROOM, [u for u in USERS if u in (OWNER, "dispatch", "night")])
    work, failures, ids = [], [], {}
    for kind, name, members, messages in rooms:
        maker = members[1]
        ids[name] = clients[maker].create(kind, "" if kind == "direct" else name, [m for m in members if m != maker])
        work.append((ids[name], messages, members))
    total = sum(len(w[1]) for w in work)
    tell("%d rooms; sending %d messages of public mail and of the Universal Declaration" % (len(work) + 1, total))
    # Within a room in order, the rooms side by side.
    pending = queue.Queue()
    for item in work:
        pending.put(item)

    def worker():
        while not failures:
            try:
                room_id, messages, _ = pending.get_nowait()
            except queue.Empty:
                return
            fill_room(clients, room_id, messages, failures)

    threads = [threading.Thread(target=worker) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(failures[0])
    for client in clients.values():
        client.drained()
    # Most is read; a few rooms keep something unread for the owner.
    for number, (room_id, messages, members) in enumerate(work):
        for member in members:
            if member == OWNER and number % 4 == 1:
                seqs = [s for c in clients.values() for s in c.by_room[room_id]]
                clients[member].say(cmd="read", room=room_id, seq=max(sorted(seqs)[-4], 1))
            else:
                clients[member].say(cmd="read", room=room_id)
    time.sleep(1.5)  # receipts travel in batches; the figures below are only shown
    result = counts(clients.values())
    merge(os.path.join(options.work, "counts.json"), result)
    write(os.path.join(options.work, "rooms.json"), {"big": big, "direct": ids[DIRECT_ROOM],
                                                     "job": ids[rooms[len(texts["declarations"])][1]],
                                                     "job_name": rooms[len(texts["declarations"])][1]})
    write(os.path.join(options.work, "small.done"), {"seconds": round(time.monotonic() - started, 1)})
    tell("small rooms: %(sent)d sent, %(confirmed)d confirmed, %(delivered)d delivered, %(read)d read" % result)
    for user in list(clients):
        if user not in (PARTNER, "dispatch", "night"):
            clients.pop(user).close()
    return clients


def fill_big(options, texts, clients):
    count_file = os.path.join(options.work, "big.count")
    at = read(count_file, 0)
    lines = (texts["sentences"] * 2)[:BIG_MESSAGES]
    if at < len(lines):
        tell("the big room: %d messages through two clients" % (len(lines) - at))
        # The partner also chats live beside the app, so the others carry the load.
        for user in ("dispatch", "night"):
            if user not in clients:
                clients[user] = Client(options, user)
        senders = [clients[u] for u in ("dispatch", "night")]
        room = read(os.path.join(options.work, "rooms.json"))["big"]
        started, told, first = time.monotonic(), time.monotonic(), at
        base = {c.user: c.confirmed_count for c in senders}
        sent = collections.Counter()
        while at < len(lines):
            sender = senders[(at // 20) % len(senders)]
            for line in lines[at:at + 20]:
                sender.send(room, line)
            sent[sender.user] += 20
            at = min(at + 20, len(lines))
            done = lambda: sent[sender.user] - (sender.confirmed_count - base[sender.user]) - sender.failed
            sender.wait(lambda: done() < IN_FLIGHT_MAX, "confirmations")
            if at % 400 == 0:
                write(count_file, at)
            if time.monotonic() - told > 5:
                told = time.monotonic()
                tell("the big room: %d of %d (%d/s)" % (at, len(lines), (at - first) / (told - started)))
        write(count_file, at)
        for sender in senders:
            sender.drained(300)
        tell("the big room: all %d confirmed, %.0f s" % (len(lines), time.monotonic() - started))
        for client in senders:
            client.say(cmd="read", room=room)
        time.sleep(1.0)
    merge(os.path.join(options.work, "counts.json"), counts([c for c in clients.values()]))
    write(os.path.join(options.work, "all.done"), {"messages": len(lines)})


def fill(options):
    texts = read(options.texts)
    if not texts:
        raise SystemExit("demo: %s cannot be read" % options.texts)
    clients = {}
    try:
        if not os.path.exists(os.path.join(options.work, "small.done")):
            clients = fill_small(options, texts)
            # The partner belongs to `live` from here on.
            clients.pop(PARTNER).close()
            for client in clients.values():  # already counted
                client.by_room.clear()
                client.queued = client.confirmed_count = client.failed = 0
        write(os.path.join(options.work, "partner.free"), True)
        if not os.path.exists(os.path.join(options.work, "all.done")):
            fill_big(options, texts, clients)
    finally:
        for client in clients.values():
            client.close()


# ---- live -------------------------------------------------------------------------------------

def live(options):
    """The partner writes, types, reads and answers; with --both the owner answers from a second device."""
    texts = read(options.texts)
    rooms = read(os.path.join(options.work, "rooms.json"))
    partner = Client(options, PARTNER)
    owner = Client(options, OWNER) if options.both else None
    lines = collections.deque(texts["sentences"][-200:])
    end = time.monotonic() + options.seconds if options.seconds else None
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()

    def over():
        return stop.is_set() or (end and time.monotonic() > end) or os.getppid() != parent

    def next_line():
        lines.rotate(-1)
        return lines[0]

    def write_slowly(client, room, text):
        client.say(cmd="typing", room=room, on=True)
        stop.wait(0.8 if options.both else 2.0)
        client.say(cmd="typing", room=room, on=False)
        return client.send(room, text)

    try:
        turn, answered = 0, time.monotonic()
        while not over():
            while partner.messages:
                event = partner.messages.popleft()
                room = event.get("room")
                partner.say(cmd="read", room=room)
                # In the direct room whoever writes gets an answer, as from a person.
                if room == rooms["direct"] and not options.both:
                    write_slowly(partner, room, next_line())
                    answered = time.monotonic()
            idle = time.monotonic() - answered
            if idle > (1.0 if options.both else 7.0):
                room = (rooms["direct"], rooms["job"], rooms["direct"])[turn % 3]
                write_slowly(partner, room, next_line())
                if owner:
                    owner.messages.clear()
                    owner.say(cmd="read", room=room)
                    write_slowly(owner, room, next_line())
                turn += 1
                answered = time.monotonic()
            stop.wait(0.2)
        if not stop.is_set():
            partner.drained()
            if owner:
                owner.drained()
                for client, other in ((owner, partner), (partner, owner)):
                    for room in client.by_room:
                        other.say(cmd="read", room=room)
            time.sleep(1.5)  # receipts travel in batches; the figures are only shown
    finally:
        result = counts([c for c in (partner, owner) if c])
        if options.summary:
            write(options.summary, result)
        for client in (partner, owner):
            if client:
                client.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fill", "live"])
    for name in ("bin", "server", "work", "texts"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--both", action="store_true")
    parser.add_argument("--summary")
    options = parser.parse_args()
    with open(os.path.join(options.work, "password"), encoding="ascii") as f:
        options.password = f.read().strip()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        (fill if options.what == "fill" else live)(options)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
