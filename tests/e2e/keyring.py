#!/usr/bin/env python3
"""The real app with a real Secret Service (gnome-keyring on a bus of its own), and without one: where
the refresh token lies and where it does not, restarts, a keyring that is locked, silent or gone, and
signing out. The keyring is asked by a second client (secret-tool); every file is searched for anything
whose hash the server knows as a token. Exit code 0 passed, 1 failed, 77 cannot be done here."""
import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time

import desk
from desk import STEP_S, App, Lines

SKIPPED = 77
SERVICE = "io.skein.chat"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""


def eventually(what, condition):
    """Of what nobody reports: asked again until it holds."""
    end = time.monotonic() + STEP_S
    pause = threading.Event()
    while True:
        result = condition()
        if result:
            print("ok:", what, flush=True)
            return result
        if time.monotonic() > end:
            raise SystemExit(f"not seen within {STEP_S} s: {what}")
        pause.wait(0.1)


def check(what, holds, detail=""):
    if not holds:
        raise SystemExit(f"FAILED: {what} {detail}")
    print("ok:", what, flush=True)


def contents(path):
    """Of a file beside a running app, which may take it away meanwhile. None: it is gone, or no file."""
    try:
        return path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else None
    except FileNotFoundError:
        return None


class Keyring:
    """The Secret Service of this test. On its bus nothing is started by asking for it."""

    def __init__(self, folder, env, started):
        self.started, self.daemon = started, None
        config = folder / "bus.conf"
        config.write_text(BUS.format(path=folder / "bus"))
        bus = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"], env=env,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        started.append(bus)
        self.env = dict(env, DBUS_SESSION_BUS_ADDRESS=Lines(bus.stdout).until(
            "the bus has an address", lambda line: line.startswith("unix:") and line))

    def start(self, unlocked):
        words = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        self.daemon = subprocess.Popen(words + ["--unlock"] * unlocked, env=self.env, stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.started.append(self.daemon)
        self.daemon.stdin.write(b"password of the keyring" if unlocked else b"")
        self.daemon.stdin.close()
        subprocess.run(["gdbus", "wait", "--session", "--timeout", str(STEP_S), "org.freedesktop.secrets"],
                       env=self.env, check=True)

    def stop(self):
        self.daemon.kill()
        self.daemon.wait()

    def restart(self, unlocked):
        self.stop()
        self.start(unlocked)

    def watch(self):
        """A line for each call on the bus from now on, among others."""
        monitor = subprocess.Popen(["dbus-monitor", "--session", "--profile", "type='method_call'"], env=self.env,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.started.append(monitor)
        lines = Lines(monitor.stdout)
        lines.until("the bus is watched", lambda line: "NameLost" in line or "NameAcquired" in line)
        return lines

    def tool(self, *words):
        return subprocess.run(["secret-tool", *words], env=self.env, text=True, capture_output=True, timeout=STEP_S)

    def token(self):
        """What the keyring gives to another program; empty when there is nothing, or nothing to be had."""
        return self.tool("lookup", "server", SERVICE).stdout

    def items(self):
        """How many, of any program that calls itself as Skein does, locked or not."""
        said = subprocess.run(["gdbus", "call", "--session", "--dest", "org.freedesktop.secrets", "--object-path",
                               "/org/freedesktop/secrets", "--method", "org.freedesktop.Secret.Service.SearchItems",
                               f"{{'server': '{SERVICE}'}}"], env=self.env, check=True, text=True, capture_output=True,
                              timeout=STEP_S).stdout
        return said.count("/org/freedesktop/secrets/collection/")


def why_not():
    for tool in ("dbus-daemon", "dbus-monitor", "gdbus", "gnome-keyring-daemon", "secret-tool", "Xvfb", "xdotool"):
        if not shutil.which(tool):
            return f"{tool} is not installed (tools/install-deps test)"
    with tempfile.TemporaryDirectory(prefix="skein-keys-") as folder:
        started = []
        try:
            keyring = Keyring(pathlib.Path(folder), home(dict(os.environ), folder), started)
            keyring.start(unlocked=True)
            stored = subprocess.run(["secret-tool", "store", "--label=x", "server", SERVICE], env=keyring.env,
                                    input="x", text=True, capture_output=True, timeout=STEP_S)
            if stored.returncode or keyring.token() != "x":
                return f"gnome-keyring keeps nothing here: {stored.stderr.strip()}"
        except (OSError, subprocess.SubprocessError, SystemExit) as why:
            return f"no Secret Service can be had here: {why}"
        finally:
            end(started)
    return None


def home(env, folder):
    """Nothing of the desktop that this may run on."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_CURRENT_DESKTOP", "DESKTOP_SESSION",
                 "GNOME_DESKTOP_SESSION_ID", "KDE_FULL_SESSION", "KDE_SESSION_VERSION", "GNOME_KEYRING_CONTROL",
                 "DBUS_SESSION_BUS_ADDRESS"):
        env.pop(name, None)
    return dict(env, HOME=str(folder), XDG_RUNTIME_DIR=str(folder))


def end(started):
    for process in reversed(started):
        process.kill()
        process.wait()


class Desk:
    """The app in front of a person, its files and the server that it talks to."""

    def __init__(self, options, folder, started):
        self.options, self.folder, self.started = options, folder, started
        self.env = home(desk.start_display(folder, started), folder)
        self.keyring = Keyring(folder, self.env, started)
        self.env = self.keyring.env
        _, address = desk.start_server(options.server, folder / "server", "127.0.0.1:0", self.env, started)
        self.url = "http://" + address
        self.app = None
        self.cli("ann", "--display-name", "Workshop", "signup")

    def cli(self, user, *words):
        return subprocess.run([self.options.cli, "--server", self.url, "--data", str(self.folder / ("cli-" + user)),
                               "--user", user, *words], env=dict(self.env, QT_QPA_PLATFORM="offscreen"), check=True,
                              text=True, capture_output=True, timeout=STEP_S).stdout

    def start(self, what):
        print(f"-- {what}", flush=True)
        self.app = App([self.options.skein, "--report", "--server", self.url, "--data", str(self.folder / "nino"),
                        "--theme", "light", "--size", "1280x800", "--room", "Workshop"], self.env)
        self.started.append(self.app.process)
        self.app.wait("the window is there", lambda items: items)
        self.app.focus()
        return self.app

    def stop(self):
        """As a crash or a power cut would."""
        self.app.process.kill()
        self.app.process.wait()

    def connected(self):
        self.app.wait("connected", lambda items: items.get("stateText", {}).get("text") == "Connected")

    def write(self, text, what, *states):
        """A message, until its row has one of `states`: what the window says from then on is newer."""
        self.app.type("composer", text)
        self.app.xdotool("key", "Return")
        self.app.row(what, text, *states)

    def not_asked(self, what):
        """Of the newest of what the window says: the last that was waited for may be from before the question."""
        self.app.wait("connected", lambda items: items.get("stateText", {}).get("text") == "Connected")
        self.write(f"After this: {what}", "a message goes through", "Sent", "Delivered", "Read")
        self.asked_nothing("no password was asked for, and no question", "password", "passwordAgain", "askYes")

    def asked_nothing(self, what, *questions):
        check(what, not set(questions) & set(self.app.ui["items"]), self.app.ui["items"].keys())

    def at_server(self, text):
        room = json.loads(self.cli("ann", "--json", "rooms").splitlines()[0])
        room = room.get("room") or room["rooms"][0]["room"]
        return self.cli("ann", "--json", "history", room).count(text)

    def asks_to_sign_in(self, words):
        self.app.wait("it says why it is not connected",
                      lambda items: words in items.get("bannerText", {}).get("text", ""))
        self.app.wait("the conversation is there all the same",
                      lambda items: items.get("roomName", {}).get("text") == "Workshop")

    def write_and_wait(self, text):
        """What is written while there is no token, and no question about what there is nothing to keep of."""
        self.write(text, "it is kept and waits", "Waiting to be sent")
        self.asked_nothing("there is no question", "askYes")

    def sign_in_again(self, password):
        self.app.wait("the password is asked for", lambda items: items.get("passwordAgain", {}).get("focus"))
        self.app.xdotool("key", "ctrl+a")
        self.app.xdotool("type", "--delay", 5, password)
        self.app.xdotool("key", "Return")

    def sign_in(self):
        self.app.type("name", "nino")
        self.app.click("password")
        self.app.wait("password has the focus", lambda items: items["password"].get("focus"))
        self.app.xdotool("type", "--delay", 5, "a long password")
        self.app.click("submit")
        self.connected()

    def left(self):
        """What lies where the accounts do."""
        return [path.name for path in (self.folder / "nino" / "accounts").iterdir()]

    def only_a_note(self):
        return [pathlib.Path(name).suffix for name in self.left()] == [".lingers"]

    def sign_out(self):
        self.app.click("accountHead")
        self.app.click("menu:signOut")
        self.app.answer("askYes")
        self.app.wait("the sign-in page is there", lambda items: "signInPage" in items)

    def files_with_tokens(self):
        """Files that hold something whose hash is one of the server's tokens, in `nino` and all else that lies here."""
        with contextlib.closing(sqlite3.connect(self.folder / "server" / "skein.db")) as db:
            blobs = [row[0] for row in db.execute(
                "SELECT current FROM session UNION SELECT previous FROM session UNION SELECT hash FROM refresh") if row[0]]
            hashes = {bytes(blob).decode() if len(blob) == 64 else bytes(blob).hex() for blob in blobs}
        check("the server knows tokens by their hashes", hashes)
        found, looked = [], 0
        for path in sorted(self.folder.rglob("*")):
            content = None if path.parts[len(self.folder.parts)].startswith("cli-") else contents(path)
            if content is None:
                continue
            looked += 1
            if any(hashlib.sha256(match[1]).hexdigest() in hashes
                   for match in re.finditer(rb"(?=([A-Za-z0-9_-]{43}))", content)):
                found.append(path)
        check(f"{looked} files were searched, the database and its log among them",
              any(path.name == "store.db-wal" for path in (self.folder / "nino").rglob("*")))
        return found

    def nowhere(self, *tokens):
        check("no file holds a token", not self.files_with_tokens(), self.files_with_tokens())
        for token in tokens:
            holders = [path for path in self.folder.rglob("*") if token.encode() in (contents(path) or b"")]
            check("no file holds the bytes of the token", len(token) == 43 and not holders, holders)


def run(options, folder, started):
    desktop = Desk(options, folder, started)
    keyring = desktop.keyring
    keyring.start(unlocked=True)

    app = desktop.start("a new account; the keyring is open")
    app.sign_up("nino", "Desk", "a long password")
    desktop.connected()
    first = eventually("another program finds the token in the keyring", keyring.token)
    check("it is one item", keyring.items() == 1)
    app.click("newRoom")
    app.type("newRoomPeople", "ann", takes_focus=True)
    app.click("createRoom")
    app.wait("the conversation is open", lambda items: items.get("roomName", {}).get("text") == "Workshop")
    desktop.not_asked("a new account")
    desktop.nowhere(first)
    desktop.stop()

    desktop.start("again: no password")
    second = eventually("the keyring has the next token", lambda: keyring.token() not in ("", first) and keyring.token())
    desktop.not_asked("the second start")
    check("it is one item still", keyring.items() == 1)
    desktop.nowhere(first, second)
    desktop.stop()

    keyring.restart(unlocked=False)
    check("the keyring is locked: it has the item and does not give it", keyring.items() == 1 and not keyring.token())
    app = desktop.start("the keyring is locked")
    desktop.asks_to_sign_in("keychain is not available")
    desktop.write_and_wait("Written with a locked keyring")
    app.wait("and the banner says so", lambda items: "1 message" in items["bannerText"].get("text", ""))
    desktop.stop()
    keyring.restart(unlocked=True)
    check("the token was left alone", keyring.token() == second)
    app = desktop.start("the keyring is open again: no password, nothing lost")
    app.row("what was written goes out", "Written with a locked keyring", "Sent", "Delivered", "Read")
    check("once", desktop.at_server("Written with a locked keyring") == 1)
    third = eventually("the keyring has the next token", lambda: keyring.token() not in ("", second) and keyring.token())
    desktop.not_asked("an open keyring")
    desktop.stop()

    keyring.daemon.send_signal(signal.SIGSTOP)
    app = desktop.start("the keyring does not answer")
    desktop.asks_to_sign_in("keychain is not available")
    desktop.write_and_wait("Written with a silent keyring")
    keyring.daemon.send_signal(signal.SIGCONT)
    app.row("it answers, and all goes on by itself", "Written with a silent keyring", "Sent", "Delivered", "Read")
    fourth = eventually("the keyring has the next token", lambda: keyring.token() not in ("", third) and keyring.token())
    desktop.not_asked("a late answer")
    desktop.nowhere(third, fourth)
    desktop.stop()

    keyring.stop()
    app = desktop.start("the keyring is gone")
    desktop.asks_to_sign_in("keychain is not available")
    desktop.write_and_wait("Written without a keyring")
    app.click("bannerAction")
    desktop.sign_in_again("not the password")
    app.wait("a wrong password is said to be one", lambda items: "Wrong" in items.get("problemAgain", {}).get("text", ""))
    app.row("and costs nothing", "Written without a keyring", "Waiting to be sent")
    desktop.sign_in_again("a long password")
    app.row("what was written goes out", "Written without a keyring", "Sent", "Delivered", "Read")
    check("once", desktop.at_server("Written without a keyring") == 1)
    app.answer("askNo")  # not in a file
    desktop.nowhere()
    desktop.stop()

    app = desktop.start("the session ended with the program; this time a file is allowed")
    desktop.asks_to_sign_in("keychain is not available")
    app.click("bannerAction")
    desktop.sign_in_again("a long password")
    app.answer("askYes")
    kept = eventually("a file holds the token", desktop.files_with_tokens)
    check("one file, named token", [path.name for path in kept] == ["token"], kept)
    kept = kept[0]
    check("nobody else can read it", stat.S_IMODE(kept.stat().st_mode) == 0o600)
    before = kept.read_text()
    desktop.stop()

    desktop.start("again: no password, and not asked again")
    eventually("the file has the next token", lambda: kept.read_text() != before)
    check("nobody else can read that one", stat.S_IMODE(kept.stat().st_mode) == 0o600)
    desktop.not_asked("a file that was allowed")
    desktop.stop()

    keyring.start(unlocked=True)
    desktop.start("the keyring is back")
    eventually("it takes the token over, and the file is gone", lambda: not kept.exists())
    desktop.not_asked("the keyring has it")
    check("of two tokens the keyring has the new one", keyring.token() not in ("", fourth) and keyring.items() == 1)
    desktop.nowhere(keyring.token())
    desktop.sign_out()
    eventually("nothing is in the keyring any more", lambda: keyring.items() == 0)
    eventually("and no data here", lambda: not desktop.left())
    desktop.stop()

    desktop.start("signing out while the keyring is gone")
    desktop.sign_in()
    eventually("the keyring has the token", keyring.token)
    keyring.stop()
    desktop.sign_out()
    keyring.start(unlocked=False)
    check("the keyring has it still", keyring.items() == 1)
    forgotten_when_it_opens(desktop)

    desktop.start("signing out of a session that a locked keyring did not give")
    desktop.sign_in()
    eventually("the keyring has the token", keyring.token)
    desktop.stop()
    keyring.restart(unlocked=False)
    desktop.start("the keyring is locked")
    desktop.asks_to_sign_in("keychain is not available")
    desktop.sign_out()
    eventually("the data are gone, and a note is here", desktop.only_a_note)
    forgotten_when_it_opens(desktop)


def forgotten_when_it_opens(desktop):
    """Of a session that was signed out of: the locked keyring has its token, and opens two starts later."""
    keyring = desktop.keyring
    desktop.stop()
    asked = keyring.watch()
    app = desktop.start("the keyring is locked at the next start")
    asked.until("the keyring is asked", lambda line: "SearchItems" in line)
    app.type("name", "somebody")  # by then it has answered, and the answer is acted upon
    check("the keyring has the token still", keyring.items() == 1)
    check("and a note of that is all that is here", desktop.only_a_note(), desktop.left())
    desktop.stop()
    keyring.restart(unlocked=True)
    desktop.start("it is open at the next one")
    eventually("nothing is in the keyring any more", lambda: keyring.items() == 0)
    eventually("and nothing here", lambda: not desktop.left())
    desktop.stop()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--skein")
    arguments.add_argument("--server")
    arguments.add_argument("--cli")
    arguments.add_argument("--can", action="store_true", help="only say whether it can run here, and why not")
    options = arguments.parse_args()
    missing = why_not()
    if missing:
        print(f"e2e_keyring cannot run here: {missing}", flush=True)
        # For a person without these it is no fault; on the machine that must prove it, it is one.
        return 1 if os.environ.get("CI") else SKIPPED
    if options.can:
        return 0
    started = []
    with tempfile.TemporaryDirectory(prefix="skein-keys-") as folder:
        try:
            run(options, pathlib.Path(folder), started)
        finally:
            end(started)
    return 0


if __name__ == "__main__":
    sys.exit(main())
