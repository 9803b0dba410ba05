#!/usr/bin/env python3
"""The real server and real clients over real TCP that fails: loss, a narrow line, cuts, and a proxy that
delays, resets, goes half-open and stops in the middle of a frame.

    netfault.py --server skein-server --client skein-cli [--full] [--only SCENARIO] [--seed S]
    netfault.py --server … --client … --heal [--rounds N]     prints the benchmark net.heal

Two clients in one namespace (one of them through the proxy), the server in the other. After every scenario:
  * every text that was written is in the server's log once, each author's in the order of writing;
  * a confirmation that a client gave was true when it gave it: the server's file had that text at that seq;
  * both devices show the same log, each message once;
  * while nothing passes nothing is confirmed, and a client that has something to send says that it is offline.
No timing is judged; waits have generous bounds. Exit code 0 passed, 1 failed, 77 cannot be done here.
"""
import argparse
import contextlib
import json
import os
import queue
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import lab as wires

PASSWORD = "correct horse battery staple"
EVENT_S = 90
CONVERGE_S = 120
SKIPPED = 77


class Failure(Exception):
    pass


class Server:
    def __init__(self, program, lab, data):
        self.program, self.lab, self.data = program, lab, data
        self.process, self.port = None, 0

    def start(self):
        self.process = subprocess.Popen(
            [*self.lab.inside(self.lab.server), self.program, "--data", self.data, "--insecure-listen",
             "--listen", f"{wires.SERVER_ADDRESS}:{self.port}", "--no-rate-limits", "--password-mib", "8"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"listening on http://[0-9.]+:(\d+)", line)
        if not found:
            raise Failure(f"the server does not start: {line!r}")
        self.port = int(found.group(1))
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def log(self):
        """seq → text of the room's log, and all texts in order."""
        rows = self.query("SELECT seq, body FROM message WHERE kind = 0 ORDER BY room, seq")
        return [(seq, decoded(body)) for seq, body in rows]

    def has(self, seq, text):
        rows = self.query("SELECT body FROM message WHERE kind = 0 AND seq = ?", seq)
        return text in [decoded(row[0]) for row in rows]

    def query(self, sql, *values):
        # Closed before anything else opens the file: see query() in tests/crash/crash.py.
        with contextlib.closing(sqlite3.connect(f"file:{self.file()}?mode=ro", uri=True)) as db:
            return db.execute(sql, values).fetchall()

    def file(self):
        for folder, _, names in os.walk(self.data):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    if file.read(15) == b"SQLite format 3":
                        return path
        raise Failure("the server has no database")


def decoded(body):
    return bytes(body).decode() if isinstance(body, bytes) else body


class Proxy:
    def __init__(self, lab, port):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "proxy.py")
        self.process = subprocess.Popen(
            [*lab.inside(lab.client), sys.executable, script, wires.SERVER_ADDRESS, str(port)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def tell(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def counts(self):
        self.tell(counts=True)
        return json.loads(self.process.stdout.readline())


class Client:
    """A scripted client in the client's namespace; its events are read, and judged, by a thread."""

    def __init__(self, program, lab, name, data, url, server):
        self.words = [*lab.inside(lab.client), program, "--server", url, "--insecure", "--data", data,
                      "--user", name, "--timeout", str(EVENT_S)]
        self.name, self.server = name, server
        self.process, self.room = None, None
        self.written = []    # texts, in order
        self.confirmed = {}  # text -> seq
        self.doubts = []
        self.online = False
        self.via = "socket"  # or "http", after a socket could not be had twice
        self.went_offline = threading.Event()
        self.is_live = threading.Event()
        self.chance = random.Random(0)
        self.cut = False     # nothing passes now: nothing can be confirmed
        self.heard = {}      # text -> when the other's message came
        self.events = queue.Queue()

    def environment(self):
        return dict(os.environ, SKEIN_PASSWORD=PASSWORD, QT_QPA_PLATFORM="offscreen")

    def sign_up(self):
        done = subprocess.run([*self.words, "signup"], env=self.environment(), text=True,
                              capture_output=True, timeout=EVENT_S)
        if done.returncode != 0:
            raise Failure(f"{self.name} signup: {done.returncode} {done.stderr}")

    def start(self):
        self.process = subprocess.Popen([*self.words, "script"], env=self.environment(),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for raw in self.process.stdout:
            event = json.loads(raw)
            kind = event.get("event")
            if kind == "confirmed":
                text, seq = event.get("id"), event["seq"]
                if self.cut:
                    self.doubts.append(f"{text} was confirmed while nothing passed")
                if self.confirmed.setdefault(text, seq) != seq:
                    self.doubts.append(f"{text} was confirmed at two places")
                if not self.server.has(seq, text):
                    self.doubts.append(f"{text} was confirmed at {seq}, but the server has it not there")
            elif kind == "failed":
                self.doubts.append(f"{event.get('id')} failed: {event.get('code')}")
            elif kind == "ready":  # it waits for its first connection before it says so
                self.online = True
                self.is_live.set()
            elif kind == "message":
                self.heard.setdefault(event.get("text", event.get("body")), time.monotonic())
            elif kind == "link":
                self.online = event["online"]
                if self.online:
                    self.via = event["via"]
                if not self.online:
                    self.went_offline.set()
                    self.is_live.clear()
                elif event["state"] == LIVE:
                    self.is_live.set()
            self.events.put(event)
        self.events.put(None)

    def wait(self, what, seconds=EVENT_S, **fields):
        end = time.monotonic() + seconds
        while True:
            try:
                event = self.events.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise Failure(f"{self.name}: no {what} {fields} in {seconds} s")
            if event is None:
                raise Failure(f"{self.name} ended while {what} was awaited")
            if event.get("event") == what and all(event.get(k) == v for k, v in fields.items()):
                return event

    def say(self, **command):
        self.process.stdin.write((json.dumps(command) + "\n").encode())
        self.process.stdin.flush()

    def find(self, room):
        end = time.monotonic() + EVENT_S
        while time.monotonic() < end:
            self.say(cmd="rooms", id="rooms")
            if any(r.get("room", r.get("id")) == room for r in self.wait("rooms")["rooms"]):
                return
            time.sleep(0.1)
        raise Failure(f"{self.name} is not told of the room")

    def write(self, padding=0, letters=0):
        """`padding` bytes of ASCII, `letters` of three bytes each that hardly compress to less than one."""
        text = f"{self.name} {len(self.written):06d}" + " x" * (padding // 2)
        text += "".join(self.chance.choice("აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ") for _ in range(letters))
        self.written.append(text)
        self.say(cmd="send", room=self.room, text=text, id=text)
        return text

    def history(self):
        messages, before, count = {}, 0, 0
        while True:
            token = f"h{before}"
            self.say(cmd="history", room=self.room, before=before, limit=100, id=token)
            page = [m for m in self.wait("history", id=token)["messages"] if m.get("seq")]
            for message in page:
                messages[message["seq"]] = message.get("text", message.get("body"))
            count += len(page)
            if not page or min(m["seq"] for m in page) <= 2:
                return messages, count
            before = min(m["seq"] for m in page)


LIVE = 6  # Skein::Client::Live
STABLE_S = 10.5  # engine::Reconnect::kStableMs and a little


class World:
    def __init__(self, options, lab, data):
        self.chance = random.Random(options.seed)
        self.full = options.full
        self.lab = lab
        self.server = Server(options.server, lab, os.path.join(data, "server"))
        self.server.start()
        self.proxy = Proxy(lab, self.server.port)
        direct = f"http://{wires.SERVER_ADDRESS}:{self.server.port}"
        # The proxy is on the clients' side of the wire: a cut would be healed by the proxy's own TCP.
        through = direct if options.heal else f"http://127.0.0.1:{self.proxy.port}"
        self.clients = [
            Client(options.client, lab, "direct", os.path.join(data, "direct"), direct, self.server),
            Client(options.client, lab, "proxied", os.path.join(data, "proxied"), through, self.server)]

    def begin(self):
        first, second = self.clients
        for client in self.clients:
            client.sign_up()
            client.start()
            client.wait("ready")
        first.say(cmd="create", kind="general", name="netfault", members=[second.name], id="room")
        room = first.wait("created", id="room")["room"]
        second.find(room)
        for client in self.clients:
            client.room = room
            client.say(cmd="watch", room=room)

    def end(self):
        for process in [c.process for c in self.clients] + [self.proxy.process, self.server.process]:
            if process and process.poll() is None:
                process.kill()
                process.wait()

    def write_for(self, seconds, every=0.05, padding=0):
        stop = time.monotonic() + seconds
        while time.monotonic() < stop:
            for client in self.clients:
                client.write(padding)
            time.sleep(every * self.chance.uniform(0.5, 1.5))

    def settle(self, name):
        for client in self.clients:
            client.say(cmd="wait-drained", id=name)
        for client in self.clients:
            client.wait("drained", CONVERGE_S, id=name)
            if not client.is_live.wait(CONVERGE_S):
                raise Failure(f"{client.name} does not say that it is online again")

    def check(self):
        log = self.server.log()
        place = {text: seq for seq, text in log}
        if len(place) != len(log):
            raise Failure("doubled on the server")
        for client in self.clients:
            mine = [text for _, text in log if text.startswith(client.name + " ")]
            if mine != client.written:
                lost = [t for t in client.written if t not in place]
                raise Failure(f"{client.name}: lost {lost[:5]}" if lost else f"{client.name}: reordered")
            wrong = [t for t in client.written if client.confirmed.get(t) != place[t]]
            if wrong:
                raise Failure(f"{client.name}: {wrong[:5]} drained without a right confirmation")
            if client.doubts:
                raise Failure(f"{client.name}: {client.doubts[:5]}")
        for client in self.clients:
            end = time.monotonic() + CONVERGE_S
            while True:
                shown, count = client.history()
                if all(shown.get(seq) == text for seq, text in log):
                    break
                if time.monotonic() > end:
                    raise Failure(f"{client.name} does not show "
                                  f"{[s for s, t in log if shown.get(s) != t][:10]}")
                time.sleep(0.3)
            if count != len(shown):
                raise Failure(f"{client.name} shows a message twice")


# ---- what goes wrong

def lossy(percent):
    def scenario(world):
        world.lab.loss(percent)
        world.write_for(20 if world.full else 4)
        dropped = world.lab.dropped()
        if not dropped:
            raise Failure("no packet was dropped")
        # Let it drain under the loss: that is the point. (CONVERGE_S bounds it.)
        world.settle(f"loss{percent}")
        world.lab.loss(0)
        return {"dropped": dropped}
    return scenario


def narrow(world):
    world.lab.rate(64)
    world.write_for(20 if world.full else 5, every=0.4, padding=200)
    # 7 s of this line, up and then down again: longer than the client waits for a sign of life.
    world.clients[0].write(letters=19_000)
    world.settle("narrow")
    world.lab.rate(None)


def cut(world):
    """Nothing passes until both have noticed; what is written meanwhile waits."""
    world.lab.cut(True)
    time.sleep(0.5)  # what was on the wire has arrived
    for client in world.clients:
        client.went_offline.clear()
        client.cut = True
    world.write_for(1)
    if world.full:
        time.sleep(45)
    for client in world.clients:
        if not client.went_offline.wait(CONVERGE_S):
            raise Failure(f"{client.name} has something to send, nothing passes, and it says online")
    dropped = world.lab.dropped()
    for client in world.clients:
        client.cut = False
    world.lab.cut(False)
    if not dropped:
        raise Failure("no packet was dropped")
    return {"dropped": dropped}


def flapping(world):
    for _ in range(40 if world.full else 6):
        world.lab.cut(True)
        world.write_for(world.chance.uniform(0.1, 1.0))
        world.lab.cut(False)
        world.write_for(world.chance.uniform(0.1, 1.0))


def late(world):
    world.proxy.tell(delay_ms=700)
    world.write_for(10 if world.full else 3)
    world.settle("late")
    world.proxy.tell(delay_ms=0)


def resets(world):
    for _ in range(40 if world.full else 6):
        world.write_for(world.chance.uniform(0.05, 0.8))
        world.proxy.tell(reset=True)
    world.proxy.tell(refuse=True)
    world.write_for(2)
    world.proxy.tell(refuse=False)
    count = world.proxy.counts()
    if not count["reset"]:
        raise Failure("no connection was reset")
    return count


def half_open(world):
    """The connection stands, the server is gone behind it. The client must find out by itself."""
    for _ in range(3 if world.full else 1):
        proxied = world.clients[1]
        world.write_for(0.5)
        world.settle("before half-open")
        # On HTTP the client looks for a socket all the time, and would find one before it misses anything.
        until = time.monotonic() + EVENT_S
        while proxied.via != "socket":
            if time.monotonic() > until:
                raise Failure("the client stays on HTTP though a socket can be had")
            time.sleep(0.05)
        world.settle("before half-open, on the socket")
        before = world.proxy.counts()
        world.proxy.tell(silent=True)
        proxied.went_offline.clear()
        world.write_for(1)
        if not proxied.went_offline.wait(CONVERGE_S):
            raise Failure("the client keeps a dead connection although something waits")
        world.settle("half-open")
        after = world.proxy.counts()
        if after["swallowed"] == before["swallowed"] or after["accepted"] == before["accepted"]:
            raise Failure("nothing was swallowed, or nobody connected again")
    return after


def partitioned(world):
    """Everybody behind the proxy is away for a while; what waits in it arrives late, in order."""
    for seconds in ((1, 12, 30) if world.full else (1, 8)):
        world.proxy.tell(partition=True)
        world.write_for(seconds, every=0.2)
        world.proxy.tell(partition=False)
        world.write_for(0.5)


def stalled(world):
    """Stops after a few bytes: in the middle of a header, of a length, of a character."""
    for _ in range(20 if world.full else 4):
        world.proxy.tell(stall=world.chance.randrange(1, 400))
        world.write_for(world.chance.uniform(0.3, 1.5))
        world.proxy.tell(stall=None)
        world.write_for(0.2)


SCENARIOS = {"loss5": lossy(5), "loss30": lossy(30), "narrow": narrow, "cut": cut, "flapping": flapping,
             "late": late, "resets": resets, "half-open": half_open, "partition": partitioned,
             "stall": stalled}
FULL_ONLY = {"loss1": lossy(1), "loss10": lossy(10), "loss20": lossy(20)}


def run_scenarios(world, options):
    chosen = {**SCENARIOS, **(FULL_ONLY if options.full else {})}
    if options.only:
        chosen = {options.only: {**SCENARIOS, **FULL_ONLY}[options.only]}
    for name, scenario in chosen.items():
        started = time.monotonic()
        try:
            noted = scenario(world) or {}
            world.settle(name)
            world.check()
        except Failure as why:
            raise Failure(f"{name}: {why}")
        print(json.dumps({"scenario": name, "written": sum(len(c.written) for c in world.clients),
                          "seconds": round(time.monotonic() - started, 1), **noted}), flush=True)
    print(json.dumps({"scenarios": len(chosen), "seed": options.seed,
                      "written": sum(len(c.written) for c in world.clients),
                      "confirmed": sum(len(c.confirmed) for c in world.clients),
                      "lost": 0, "doubled": 0, "reordered": 0}), flush=True)


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(q * 1000) * len(ordered) // 1000) - 1))]


def run_heal(world, options):
    """ms from the end of a cut to the arrival, at the other client, of a message written during it."""
    first, second = world.clients
    results = {}
    for cut_s in options.cuts:
        samples = []
        for _ in range(options.rounds):
            world.lab.loss(options.loss)
            first.write()
            world.settle("calm")
            first.is_live.wait(EVENT_S)
            second.is_live.wait(EVENT_S)
            # One cut after another is another matter: connections that do not last are made more and more slowly.
            time.sleep(STABLE_S)
            world.lab.cut(True)
            text = first.write()
            time.sleep(cut_s * world.chance.uniform(0.8, 1.2))
            world.lab.loss(options.loss)
            healed = time.monotonic()
            while text not in second.heard and time.monotonic() < healed + CONVERGE_S:
                time.sleep(0.002)
            if text not in second.heard:
                raise Failure(f"not heard {CONVERGE_S} s after the cut")
            samples.append((second.heard[text] - healed) * 1000)
        results[cut_s] = samples
    everything = [sample for samples in results.values() for sample in samples]
    config = {"loss_percent": options.loss, "rounds": options.rounds}
    for cut_s, samples in results.items():
        config[f"cut_{cut_s}s_p50"] = round(quantile(samples, 0.5), 1)
        config[f"cut_{cut_s}s_max"] = round(max(samples), 1)
    print(json.dumps({"name": "net.heal", "value": round(quantile(everything, 0.99), 1), "unit": "ms",
                      "p50": round(quantile(everything, 0.5), 1),
                      "p95": round(quantile(everything, 0.95), 1),
                      "p99": round(quantile(everything, 0.99), 1), "n": len(everything),
                      "config": config}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--server")
    parser.add_argument("--client")
    parser.add_argument("--can", action="store_true", help="only say whether it can run here, and why not")
    parser.add_argument("--full", action="store_true", default=bool(os.environ.get("SKEIN_NETFAULT_FULL")))
    parser.add_argument("--only", choices=[*SCENARIOS, *FULL_ONLY])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--heal", action="store_true", help="the benchmark net.heal")
    parser.add_argument("--rounds", type=int, default=10, help="of --heal, for each length of a cut")
    parser.add_argument("--cuts", type=float, nargs="+", default=[1.0, 4.0, 12.0], help="seconds, of --heal")
    parser.add_argument("--loss", type=float, default=5, help="per cent, of --heal")
    options = parser.parse_args()
    missing = wires.why_not()
    if missing:
        print(f"netfault cannot run here: {missing[0]}", flush=True)
        # For a person without root that is no fault; on the machine that must prove it, it is one.
        return SKIPPED if missing[1] and not os.environ.get("CI") else 1
    if options.can:
        return 0
    if not options.server or not options.client:
        parser.error("--server and --client are needed")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # runs the clean-up below
    data = tempfile.mkdtemp(prefix="skein-net-")
    lab, world = wires.Lab(), None
    try:
        world = World(options, lab, data)
        if not options.heal:
            print(f"seed {options.seed}", flush=True)
        world.begin()
        (run_heal if options.heal else run_scenarios)(world, options)
    except Failure as why:
        print(f"FAILED (seed {options.seed}): {why}", flush=True)
        return 1
    finally:
        if world:
            world.end()
        lab.close()
        shutil.rmtree(data, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
