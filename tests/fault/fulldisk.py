#!/usr/bin/env python3
"""The real server and the real client on disks that get full and then have space again.

    fulldisk.py --server skein-server --client skein-cli      runs both cases
    fulldisk.py --can                                         says whether it can run here, or why not

In a mount namespace of its own, with a small tmpfs for the one whose disk it is. Nobody is restarted:
  * server: sends are refused with a temporary storage error and wait at the client, reads go on; when there
    is space everything that waited is stored, once, in order;
  * client: what it cannot keep it says at once (storage_full), nothing that it kept is lost; when there is
    space it takes messages again and what it had kept is sent.
Needs root and `unshare`. Only loopback, only processes that this started.
"""
import argparse
import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
INSIDE = "SKEIN_FULLDISK_INSIDE"
BODY = 15_000
MESSAGES_MAX = 3_000
WAIT_S = 60


def load_crash():
    spec = importlib.util.spec_from_file_location("crash", os.path.join(HERE, "..", "crash", "crash.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


crash = load_crash()
Failure = crash.Failure


def cannot():
    """Why this cannot run here; empty when it can."""
    if os.geteuid() != 0:
        return "mounting needs root"
    if not shutil.which("unshare"):
        return "there is no unshare"
    tried = subprocess.run(["unshare", "--mount", "sh", "-c", "mount -t tmpfs -o size=1m none /mnt"],
                           capture_output=True, text=True)
    return "" if tried.returncode == 0 else "no mount namespace: " + tried.stderr.strip()


class Disk:
    def __init__(self, path, size):
        self.path = path
        os.makedirs(path, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", path], check=True)

    def grow(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", self.path], check=True)

    def free(self):
        info = os.statvfs(self.path)
        return info.f_bavail * info.f_bsize

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=False)


class Writer(crash.Client):
    """Numbers its messages; each is padded so that a small disk is soon full."""

    def write_padded(self):
        name = f"{self.name}-{self.counter:06d}"
        self.counter += 1
        self.written.append(name)
        self.say(cmd="send", room=self.room, text=f"{name} {'x' * BODY}", id=name)
        return name

    def said(self):
        return open(self.log).read()[-500:] if os.path.exists(self.log) else ""

    @property
    def log(self):
        return self.data.rstrip("/") + ".log"

    def outcome(self, name, seconds=WAIT_S):
        """What became of it: ("confirmed", event), ("failed", event) or ("error", event)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                event = self.events.get(timeout=max(0.01, end - time.monotonic()))
            except crash.queue.Empty:
                break
            if event is None:
                raise Failure(f"{self.name} ended with {self.process.wait()}: {self.said()}")
            if event.get("id") == name and event.get("event") in ("confirmed", "failed", "error"):
                return event["event"], event
        return "waiting", {}


def two_clients(options, root, server, disk_of_first=None):
    url = f"http://127.0.0.1:{server.port}"
    clients = [Writer(options.client, f"user{i}", os.path.join(root, f"client{i}")) for i in range(2)]
    for client in clients:
        client.run(url, "signup")
    clients[0].start(url)
    clients[0].wait("ready")
    clients[0].say(cmd="create", kind="general", name="full", members=["user1"], id="room")
    room = clients[0].wait("created", id="room")["room"]
    clients[1].start(url)
    clients[1].wait("ready")
    clients[1].find(room)
    for client in clients:
        client.room = room
        client.say(cmd="watch", room=room)
    return clients


def stored(server):
    return [crash.name_of(body) for _, body in crash.server_log(server.data)]


def expect(holds, what):
    if not holds:
        raise Failure(what)


def drain(client):
    client.say(cmd="wait-drained", id="end")
    client.wait("drained", 90, id="end")


def server_case(options, root):
    disk = Disk(os.path.join(root, "server"), "4m")
    server = crash.Server(options.server, os.path.join(disk.path, "data"))
    clients = []
    try:
        server.start()
        clients = two_clients(options, root, server)
        writer, reader = clients
        for count in range(MESSAGES_MAX):
            name = writer.write_padded()
            what, _ = writer.outcome(name, 5)
            if what != "confirmed":
                break
        expect(what == "waiting", f"on a full disk of the server {name} is {what}, it should wait")
        confirmed = len(writer.confirmed)
        expect(server.process.poll() is None, "the server ended on a full disk")
        # Reading goes on, and others are told nothing wrong.
        reader.say(cmd="history", room=reader.room, before=0, limit=50, id="read")
        expect(reader.wait("history", id="read")["messages"], "no history on a full disk")
        for _ in range(5):
            writer.write_padded()
        disk.grow("64m")
        drain(writer)
        texts = stored(server)
        expect(texts == writer.written, f"stored {len(texts)} of {len(writer.written)}, or not in order")
        expect(set(writer.confirmed) == set(writer.written), "not everything was confirmed")
        for client in clients:
            client.quit()
        return {"case": "server", "confirmed_before": confirmed, "in_all": len(texts)}
    finally:
        end(server, clients, disk)


def client_case(options, root):
    server = crash.Server(options.server, os.path.join(root, "server"))
    disk = Disk(os.path.join(root, "client0"), "3m")
    clients = []
    try:
        server.start()
        clients = two_clients(options, root, server)
        writer = clients[0]
        server.kill()  # so that what is written stays in the outbox
        refused = None
        kept = []
        for count in range(MESSAGES_MAX):
            name = writer.write_padded()
            what, event = writer.outcome(name, 0.3)
            if what in ("failed", "error"):
                refused = event
                break
            kept.append(name)
        expect(refused is not None, "the client's disk was never full")
        expect(refused.get("code") == "storage_full", f"refused as {refused.get('code')}, not as storage_full")
        expect(writer.process.poll() is None, "the client ended on a full disk")
        refused_name = refused["id"]
        disk.grow("64m")
        again = writer.write_padded()
        what, event = writer.outcome(again, 1)
        expect(what == "waiting", f"with space again {again} is {what}: {event}")
        server.start()
        drain(writer)
        texts = stored(server)
        expect(texts == kept + [again], f"sent {texts[-3:]}, kept {kept[-2:]} and {again}")
        expect(refused_name not in texts, "what was refused was sent all the same")
        for client in clients:
            client.quit()
        return {"case": "client", "kept": len(kept), "in_all": len(texts)}
    finally:
        end(server, clients, disk)


def end(server, clients, disk):
    for process in [server.process] + [c.process for c in clients]:
        if process and process.poll() is None:
            process.kill()
            process.wait()
    disk.unmount()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--server")
    parser.add_argument("--client")
    parser.add_argument("--can", action="store_true")
    options = parser.parse_args()
    reason = "" if os.environ.get(INSIDE) else cannot()
    if options.can:
        print(reason or "yes")
        return 0
    if reason:
        print(f"cannot run here: {reason}")
        # For a person without root it is no fault; on the machine that must prove it, it is one.
        return 1 if os.environ.get("CI") else 77
    if not os.environ.get(INSIDE):
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    root = tempfile.mkdtemp(prefix="skein-fulldisk-")
    try:
        for case in (server_case, client_case):
            print(json.dumps(case(options, os.path.join(root, case.__name__))), flush=True)
    except Failure as why:
        print(f"FAILED: {why}", flush=True)
        return 1
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
