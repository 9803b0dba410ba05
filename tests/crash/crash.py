#!/usr/bin/env python3
"""SIGKILLs the real server and real clients at random points under load, then reads everything back.

    crash.py --server skein-server --client skein-cli [--cycles N] [--seed S] [--data DIR]

Checked at the end, from the server's file, each device's file and each device's own history:
  * what a client was told to be confirmed is in the log, at that place, with that text: 0 lost;
  * no text stands twice, on the server or on a device: 0 doubled;
  * what one client wrote stands in the order in which it wrote it: 0 reordered;
  * `PRAGMA integrity_check` says ok for every database.
Only loopback, only processes that this started, killed by their own handle.
"""
import argparse
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

PASSWORD = "correct horse battery staple"
CLIENTS = 2
SERVER_START_S = 20
EVENT_S = 60
DRAIN_S = 90


class Failure(Exception):
    pass


class Server:
    def __init__(self, program, data):
        self.program, self.data, self.port, self.process = program, data, 0, None

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
             "--no-rate-limits", "--password-mib", "8"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
        if not found:
            raise Failure(f"the server does not start: {line!r}")
        self.port = int(found.group(1))  # kept over restarts, so that clients find it again
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Client:
    """A scripted client that is fed lines and whose events are read by a thread."""

    def __init__(self, program, name, data):
        self.program, self.name, self.data = program, name, data
        self.process, self.room, self.counter = None, None, 0
        self.written = []          # texts, in order
        self.confirmed = {}        # text -> (room, seq)
        self.doubts = []           # what the events themselves get wrong
        self.events = queue.Queue()

    def command(self, url, *words):
        return [self.program, "--server", url, "--data", self.data, "--user", self.name, *words]

    def run(self, url, *words):
        done = subprocess.run(self.command(url, *words), env=self.environment(), text=True,
                              capture_output=True, timeout=EVENT_S)
        if done.returncode != 0:
            raise Failure(f"{self.name} {words}: {done.returncode} {done.stderr}")
        return done.stdout

    @staticmethod
    def environment():
        return dict(os.environ, SKEIN_PASSWORD=PASSWORD, QT_QPA_PLATFORM="offscreen")

    def start(self, url):
        self.events = queue.Queue()
        self.process = subprocess.Popen(self.command(url, "script"), env=self.environment(),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        threading.Thread(target=self.listen, args=(self.process, self.events), daemon=True).start()

    def listen(self, process, events):
        for raw in process.stdout:
            try:
                event = json.loads(raw)
            except ValueError:
                continue  # the last line of a killed process
            if event.get("event") == "confirmed":
                text, place = event.get("id"), (event["room"], event["seq"])
                if self.confirmed.setdefault(text, place) != place:
                    self.doubts.append(f"{text} was confirmed at two places")
            elif event.get("event") == "failed":
                self.doubts.append(f"{event.get('id')} failed: {event.get('code')}")
            events.put(event)
        events.put(None)

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
        try:
            self.process.stdin.write((json.dumps(command) + "\n").encode())
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # killed meanwhile

    def find(self, room):
        end = time.monotonic() + EVENT_S
        while time.monotonic() < end:
            self.say(cmd="rooms", id="rooms")
            if any(r.get("room", r.get("id")) == room for r in self.wait("rooms")["rooms"]):
                return
            time.sleep(0.1)
        raise Failure(f"{self.name} is not told of the room")

    def write(self):
        text = f"{self.name} {self.counter:06d}"
        self.counter += 1
        self.written.append(text)
        self.say(cmd="send", room=self.room, text=text, id=text)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def quit(self):
        self.say(cmd="quit")
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()

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


def integrity(path):
    with sqlite3.connect(path) as db:
        found = db.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise Failure(f"{os.path.basename(path)}: {found}")


def databases(directory):
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                if file.read(15) == b"SQLite format 3":
                    yield path


def server_log(data):
    path = next(databases(data))
    with sqlite3.connect(path) as db:
        return [(seq, bytes(body).decode() if isinstance(body, bytes) else body)
                for seq, body in db.execute("SELECT seq, body FROM message WHERE kind = 0 ORDER BY room, seq")]


def in_order(name, texts, where):
    mine = [t for t in texts if t.startswith(name + " ")]
    if len(mine) != len(set(mine)):
        raise Failure(f"doubled {where}: " + str([t for t in mine if mine.count(t) > 1][:5]))
    if mine != sorted(mine):
        raise Failure(f"reordered {where}: " + str([b for a, b in zip(mine, mine[1:]) if b < a][:5]))


def check(server, clients):
    log = server_log(server.data)
    texts = [body for _, body in log]
    place = dict((body, seq) for seq, body in log)
    confirmed = 0
    for client in clients:
        in_order(client.name, texts, "on the server")
        if client.doubts:
            raise Failure(f"{client.name}: {client.doubts[:5]}")
        for text, (_, seq) in client.confirmed.items():
            confirmed += 1
            if place.get(text) != seq:
                raise Failure(f"lost: {text} was confirmed at {seq}, the log has it at {place.get(text)}")
    return len(texts), confirmed


def run(options):
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}, {options.cycles} cycles", flush=True)
    chance = random.Random(seed)
    data = options.data or tempfile.mkdtemp(prefix="skein-crash-")
    server = Server(options.server, os.path.join(data, "server"))
    clients = [Client(options.client, f"user{i}", os.path.join(data, f"client{i}"))
               for i in range(CLIENTS)]
    kills = {"server": 0, "client": 0}
    try:
        server.start()
        url = f"http://127.0.0.1:{server.port}"
        for client in clients:
            client.run(url, "signup")
        clients[0].start(url)
        clients[0].wait("ready")
        clients[0].say(cmd="create", kind="general", name="crash",
                       members=[c.name for c in clients[1:]], id="room")
        room = clients[0].wait("created", id="room")["room"]
        for client in clients[1:]:
            client.start(url)
            client.wait("ready")
            client.find(room)
        for client in clients:
            client.room = room
            client.say(cmd="watch", room=room)
        for cycle in range(options.cycles):
            victim = chance.choice(["server", "client", "client"])
            stop = time.monotonic() + chance.uniform(0.02, 0.6)
            while time.monotonic() < stop:
                for client in clients:
                    for _ in range(chance.randrange(4)):
                        client.write()
                time.sleep(chance.uniform(0, 0.02))
            kills[victim] += 1
            if victim == "server":
                server.kill()
                for client in clients:
                    client.write()
                time.sleep(chance.uniform(0, 0.3))
                server.start()
            else:
                client = chance.choice(clients)
                client.kill()
                time.sleep(chance.uniform(0, 0.1))
                client.start(url)
                client.wait("ready")
                client.say(cmd="watch", room=room)
            if cycle % 10 == 9:
                print(f"cycle {cycle + 1}: {kills}", flush=True)
        for client in clients:
            client.say(cmd="wait-drained", id="end")
        for client in clients:
            client.wait("drained", DRAIN_S, id="end")
        for client in clients:
            client.quit()
        total, confirmed = check(server, clients)
        log = dict(server_log(server.data))
        # What each device shows, from a fresh process.
        for client in clients:
            client.start(url)
            client.wait("ready")
            client.say(cmd="watch", room=room)
            end = time.monotonic() + EVENT_S
            while True:
                shown, count = client.history()
                shown = {seq: text for seq, text in shown.items() if seq in log or text}
                if all(shown.get(seq) == text for seq, text in log.items()):
                    break
                if time.monotonic() > end:
                    missing = [seq for seq, text in log.items() if shown.get(seq) != text]
                    raise Failure(f"{client.name} does not show {missing[:10]} ({len(missing)} in all)")
                time.sleep(0.3)
            if count != len(shown):
                raise Failure(f"{client.name} shows a message twice")
            in_order(client.name, [shown[seq] for seq in sorted(shown)], f"at {client.name}")
            client.quit()
        server.kill()
        for path in databases(data):
            integrity(path)
        written = sum(len(c.written) for c in clients)
        print(json.dumps({"cycles": options.cycles, "seed": seed, "kills": kills, "written": written,
                          "stored": total, "confirmed": confirmed, "lost": 0, "doubled": 0,
                          "reordered": 0}), flush=True)
    except Failure as why:
        print(f"FAILED (seed {seed}): {why}", flush=True)
        return 1
    finally:
        for process in [server.process] + [c.process for c in clients]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        if not options.data:
            shutil.rmtree(data, ignore_errors=True)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--cycles", type=int, default=int(os.environ.get("SKEIN_CRASH_CYCLES", "50")))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--data", help="keep the data here")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
