#!/usr/bin/env python3
"""SIGKILLs the real server and real clients at random points under load, then reads everything back.

    crash.py --server skein-server --client skein-cli [--cycles N] [--seed S] [--data DIR]

The server is also ended by SIGTERM, as an operator does it, and has then to end by itself with 0.
The load: messages, edits of earlier ones, reactions, drafts; some kills hit a client or a server that is
just starting, so also the opening of a database and its migration. A message's first word is its name.

Checked at the end, from the server's file, each device's file and each device's own history:
  * what a client was told to be confirmed is in the log, at that place: 0 lost;
  * no message stands twice, on the server or on a device: 0 doubled;
  * what one client wrote stands in the order in which it wrote it: 0 reordered;
  * a message shows its own text or an edit that its writer made, the same one everywhere;
  * what a client said to have queued before it was killed is in its file, or on the server: outbox kept;
  * the last draft is in the device's file; nothing is left in an outbox;
  * `PRAGMA integrity_check` says ok for every database, also right after a kill of its process.
Only loopback, only processes that this started, killed by their own handle.
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

PASSWORD = "correct horse battery staple"
CLIENTS = 2
LOOK_EVERY = 10  # of the kills: the file of the killed one is looked into before it starts again
TERM_SHARE = 0.25  # of the ends of the server: by SIGTERM
END_S = 20
START_KILL = 0.15  # of the kills: once more, while it starts
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
             "--no-rate-limits", "--password-mib", "8", "--drain-ms", "200"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
        if not found:
            raise Failure(f"the server does not start: {line!r}")
        self.port = int(found.group(1))  # kept over restarts, so that clients find it again
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def start_and_kill(self, seconds):
        """Killed while it opens its data: before it listens, or just after."""
        self.process = subprocess.Popen(
            [self.program, "--data", self.data, "--listen", f"127.0.0.1:{self.port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        self.kill()

    def terminate(self):
        """As an operator stops it: it has to end by itself, with 0."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=END_S)
        except subprocess.TimeoutExpired:
            raise Failure("the server does not end on SIGTERM")
        if code != 0:
            raise Failure(f"the server ended with {code} on SIGTERM")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Client:
    """A scripted client that is fed lines and whose events are read by a thread."""

    def __init__(self, program, name, data):
        self.program, self.name, self.data = program, name, data
        self.process, self.room, self.counter = None, None, 0
        self.written = []          # names, in order
        self.confirmed = {}        # name -> (room, seq)
        self.edits = {}            # name -> texts that it was edited to, in order
        self.reacted = 0
        self.draft = ""
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
        with open(self.data.rstrip("/") + ".log", "ab") as log:
            self.process = subprocess.Popen(self.command(url, "script"), env=self.environment(),
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
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
        text = f"{self.name}-{self.counter:06d}"
        self.counter += 1
        self.written.append(text)
        self.say(cmd="send", room=self.room, text=text, id=text)

    def change(self, chance):
        """An edit of an own confirmed message, a reaction to any, or a draft."""
        kind = chance.randrange(3)
        if kind == 0 and self.confirmed:
            name = chance.choice(list(self.confirmed))
            edits = self.edits.setdefault(name, [])
            edits.append(f"{name} edit {len(edits)}")
            self.say(cmd="edit", room=self.room, seq=self.confirmed[name][1], text=edits[-1])
        elif kind == 1 and self.confirmed:
            self.reacted += 1
            self.say(cmd="react", room=self.room, seq=chance.choice(list(self.confirmed.values()))[1],
                     key=chance.choice(["+1", "ok", "no"]), on=chance.random() < 0.8)
        else:
            self.draft = f"{self.name} draft {self.counter}"
            self.say(cmd="draft", room=self.room, text=self.draft)

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


def query(path, sql):
    """Rows of a file that a live process may have open. The connection is closed before this returns: one
    left to the garbage collector lives on into the next life of the server, and when this process opens
    and closes the same file meanwhile, its POSIX locks are gone (sqlite.org/howtocorrupt.html, 2.2). It
    then takes itself for the last one and removes the log under the server's feet."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def integrity(path):
    found = query(path, "PRAGMA integrity_check")[0][0]
    if found != "ok":
        raise Failure(f"{os.path.basename(path)}: {found}")


def databases(directory):
    """All of them, looked at and closed again before any is opened as a database."""
    found = []
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                if file.read(15) == b"SQLite format 3":
                    found.append(path)
    return found


def server_log(data):
    return [(seq, bytes(body).decode() if isinstance(body, bytes) else body) for seq, body in query(
        databases(data)[0], "SELECT seq, body FROM message WHERE kind = 0 ORDER BY room, seq")]


def device_rows(data, sql):
    for path in databases(data):
        if query(path, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'outbox'"):
            return [row[0] for row in query(path, sql)]
    return []


def look_into(victim, data):
    """Right after a kill: every file is sound, and nothing of it stands twice."""
    for path in databases(data):
        integrity(path)
    if isinstance(victim, Client):
        queued = device_rows(data, "SELECT temp_id FROM outbox")
        if len(queued) != len(set(queued)):
            raise Failure(f"{victim.name}: a key stands twice in the outbox")


def name_of(text):
    return text.split(" ", 1)[0]


def in_order(name, texts, where):
    mine = [name_of(t) for t in texts if t.startswith(name + "-")]
    if len(mine) != len(set(mine)):
        raise Failure(f"doubled {where}: " + str([t for t in mine if mine.count(t) > 1][:5]))
    if mine != sorted(mine):
        raise Failure(f"reordered {where}: " + str([(a, b) for a, b in zip(mine, mine[1:]) if b < a][:5]))


def check(server, clients):
    log = server_log(server.data)
    texts = [body for _, body in log]
    place = dict((name_of(body), seq) for seq, body in log)
    edited = 0
    confirmed = 0
    for client in clients:
        in_order(client.name, texts, "on the server")
        if client.doubts:
            raise Failure(f"{client.name}: {client.doubts[:5]}")
        for name, (_, seq) in client.confirmed.items():
            confirmed += 1
            if place.get(name) != seq:
                raise Failure(f"lost: {name} was confirmed at {seq}, the log has it at {place.get(name)}")
        for text in texts:
            name = name_of(text)
            if not name.startswith(client.name + "-") or text == name:
                continue
            edited += 1
            if text not in client.edits.get(name, []):
                raise Failure(f"{text!r} was never written")
    return len(texts), confirmed, edited


def run(options):
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    begun = time.monotonic()
    print(f"seed {seed}, {options.cycles} cycles", flush=True)
    chance = random.Random(seed)
    data = options.data or tempfile.mkdtemp(prefix="skein-crash-")
    server = Server(options.server, os.path.join(data, "server"))
    clients = [Client(options.client, f"user{i}", os.path.join(data, f"client{i}"))
               for i in range(CLIENTS)]
    kills = {"server": 0, "client": 0, "terminated": 0, "starting": 0}
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
            victim = "server" if options.term else chance.choice(["server", "client", "client"])
            stop = time.monotonic() + chance.uniform(0.02, chance.choice([0.15, 0.6]))
            while time.monotonic() < stop:
                for client in clients:
                    for _ in range(chance.randrange(4)):
                        client.write()
                    if chance.random() < 0.5:
                        client.change(chance)
                time.sleep(chance.uniform(0, 0.02))
            kills[victim] += 1
            if victim == "server":
                if options.term or chance.random() < TERM_SHARE:
                    kills["terminated"] += 1
                    server.terminate()
                else:
                    server.kill()
                for client in clients:
                    client.write()
                if kills["server"] % LOOK_EVERY == 0:
                    look_into(server, server.data)
                time.sleep(chance.uniform(0, 0.3))
                if chance.random() < START_KILL:
                    kills["starting"] += 1
                    server.start_and_kill(chance.uniform(0, 0.03))
                server.start()
            else:
                client = chance.choice(clients)
                client.kill()
                if kills["client"] % LOOK_EVERY == 0:
                    look_into(client, client.data)
                time.sleep(chance.uniform(0, 0.1))
                if chance.random() < START_KILL:
                    kills["starting"] += 1
                    client.start(url)
                    time.sleep(chance.uniform(0, 0.05))
                    client.kill()
                client.start(url)
                client.wait("ready")
                client.say(cmd="watch", room=room)
            if cycle % 10 == 9:
                print(f"cycle {cycle + 1}: {kills}", flush=True)
        for client in clients:
            client.draft = f"{client.name} last draft"
            client.say(cmd="draft", room=room, text=client.draft)
            client.say(cmd="wait-drained", id="end")
        for client in clients:
            client.wait("drained", DRAIN_S, id="end")
        for client in clients:
            client.quit()
        total, confirmed, edited = check(server, clients)
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
            if left := device_rows(client.data, "SELECT temp_id FROM outbox"):
                raise Failure(f"{client.name}: {len(left)} left in the outbox")
            drafts = device_rows(client.data, "SELECT text FROM drafts")
            if drafts != [client.draft]:
                raise Failure(f"{client.name}: drafts {drafts}, not {client.draft!r}")
        server.kill()
        for path in databases(data):
            integrity(path)
        written = sum(len(c.written) for c in clients)
        print(json.dumps({"cycles": options.cycles, "seed": seed, "kills": kills, "written": written,
                          "stored": total, "confirmed": confirmed, "edits": sum(
                              len(e) for c in clients for e in c.edits.values()),
                          "edited": edited, "reactions": sum(c.reacted for c in clients),
                          "lost": 0, "doubled": 0, "reordered": 0,
                          "seconds": round(time.monotonic() - begun)}), flush=True)
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
    parser.add_argument("--cycles", type=int, default=int(os.environ.get("SKEIN_CRASH_CYCLES", "200")))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--term", action="store_true", help="only SIGTERM of the server, which has to end with 0")
    parser.add_argument("--data", help="keep the data here")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
