#!/usr/bin/env python3
"""Several accounts in the real app, driven by keyboard and mouse: add one, see what is unread in the
other, switch both ways and find the open room and the draft again, start again, sign one out. Waits
only on what the app reports. Exit 0 = all seen; pictures are left in --out."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import desk
from desk import STEP_S, App


class Desk:
    def __init__(self, options, out, folder, started):
        self.options, self.out, self.folder, self.started = options, out, folder, started
        self.env = desk.start_display(folder, started)
        _, address = desk.start_server(options.server, folder / "server", "127.0.0.1:0", self.env, started)
        self.url = "http://" + address
        self.app = None

    def cli(self, user, *words):
        return subprocess.run([self.options.cli, "--server", self.url, "--data", str(self.folder / ("cli-" + user)),
                               "--user", user, *words], env=dict(self.env, QT_QPA_PLATFORM="offscreen"), check=True,
                              text=True, capture_output=True, timeout=STEP_S).stdout

    def room_of(self, user):
        room = json.loads(self.cli(user, "--json", "rooms").splitlines()[0])
        return room.get("room") or room["rooms"][0]["room"]

    def start(self, theme, size, *more):
        self.app = App([self.options.skein, "--report", "--server", self.url, "--data", str(self.folder / "data"),
                        "--theme", theme, "--size", size, *more], self.env)
        self.started.append(self.app.process)
        self.app.wait("the window is there", lambda items: items)
        self.app.focus()
        return self.app

    def stop(self):
        self.app.process.kill()
        self.app.process.wait()

    def shows(self, name, what, unread=0):
        return self.app.wait(what, lambda items: items.get("accountHead", {}).get("text") == f"{name}|{unread}")

    def sign_up(self, name, display_name):
        self.app.sign_up(name, display_name, "a long password")
        self.shows(display_name, f"{display_name} is shown")
        self.app.wait("connected", lambda items: items.get("stateText", {}).get("text") == "Connected")
        self.app.answer("askYes")  # there is no keychain: keep the session in a file

    def start_conversation(self, user, name):
        self.app.click("newRoom")
        self.app.type("newRoomPeople", user, takes_focus=True)
        self.app.click("createRoom")
        self.room_is(name, "the conversation is open")

    def room_is(self, name, what):
        self.app.wait(what, lambda items: items.get("roomName", {}).get("text") == name)

    def row(self, user, text, what):
        self.app.wait(what, lambda items: items.get("account:" + user, {}).get("text") == text)

    def accounts_here(self):
        """Folders; a note for a keychain that there is not may lie beside them."""
        return [path.name for path in (self.folder / "data" / "accounts").iterdir() if path.is_dir()]


def run(options, out, folder, started):
    d = Desk(options, out, folder, started)
    host = d.url.removeprefix("http://")
    d.cli("ann", "--display-name", "Workshop", "signup")
    d.cli("cleo", "--display-name", "Garden", "signup")

    app = d.start("light", "1280x800")
    app.wait("the sign-in page is there, and no way back from it",
             lambda items: "signInPage" in items and "cancelAdding" not in items)
    d.sign_up("nino", "Nino")
    d.start_conversation("ann", "Workshop")
    app.type("composer", "Good morning")
    app.xdotool("key", "Return")
    app.row("the message is confirmed", "Good morning", "Sent", "Delivered", "Read")

    # ---- another account; the first try is given up ----
    app.click("accountHead")
    d.row("nino", f"Nino|nino · {host}||shown", "the menu shows the one account")
    app.click("menu:addAccount")
    app.wait("the sign-in page is there, with a way back", lambda items: "cancelAdding" in items)
    app.shot(out / "accounts-add.png")
    app.xdotool("key", "Escape")
    d.room_is("Workshop", "the conversation is open again")
    app.click("accountHead")
    app.click("menu:addAccount")
    d.sign_up("tamar", "Tamar")
    d.start_conversation("cleo", "Garden")
    app.type("composer", "half a thought")

    # ---- what comes to the one that is not shown ----
    for text in ("Is it ready?", "We open at nine."):
        d.cli("ann", "send", d.room_of("ann"), text)
    d.shows("Tamar", "a mark says that the other account has something unread", unread=2)
    app.wait("as a dot", lambda items: "unreadElsewhere" in items)
    app.wait("the window counts all accounts", lambda items: app.ui["title"].startswith("(2)"))
    app.click("accountHead")
    d.row("nino", f"Nino|nino · {host}|2|", "the menu says how many")
    d.row("tamar", f"Tamar|tamar · {host}||shown", "and which is shown")
    app.wait("the one that is shown has the focus", lambda items: items["account:tamar"].get("focus"))
    app.shot(out / "accounts-light.png")

    # ---- switching by keyboard, at once: no draft is lost that was typed a moment ago ----
    app.xdotool("key", "Up")
    app.wait("the other one has the focus", lambda items: items["account:nino"].get("focus"))
    app.xdotool("key", "Return")
    d.shows("Nino", "the other account is shown")
    d.room_is("Workshop", "with the conversation that was open in it")
    app.row("and what has come", "We open at nine.")
    app.wait("the composer is that of this account", lambda items: items["composer"].get("text", "") == "")
    app.wait("what is seen is read", lambda items: not app.ui["title"].startswith("("))
    app.type("composer", "One more")
    app.xdotool("key", "ctrl+2")
    d.shows("Tamar", "Ctrl+2 shows the second one")
    d.room_is("Garden", "with its conversation")
    app.wait("and its draft", lambda items: items["composer"].get("text") == "half a thought")
    app.xdotool("key", "ctrl+1")
    d.room_is("Workshop", "and back again")
    app.wait("its draft is there too", lambda items: items["composer"].get("text") == "One more")
    # What comes to an account that is not shown stays unread, although its conversation was open in it.
    d.cli("cleo", "send", d.room_of("cleo"), "Tulips?")
    d.shows("Nino", "a message for the other one counts", unread=1)
    app.xdotool("key", "ctrl+2")
    app.row("and is there", "Tulips?")
    d.shows("Tamar", "and read", unread=0)
    d.stop()

    # ---- again, on a phone, in the dark ----
    app = d.start("dark", "390x844")
    d.shows("Tamar", "the one that was shown last is shown")
    app.wait("connected", lambda items: items.get("stateText", {}).get("text") == "Connected")
    d.cli("ann", "send", d.room_of("ann"), "The lamp is here.")
    d.shows("Tamar", "the other one is connected as well", unread=1)
    app.click("accountHead")
    d.row("nino", f"Nino|nino · {host}|1|", "and says what is unread")
    app.shot(out / "accounts-dark.png")
    app.click("menu:signOut")
    app.answer("askYes")
    d.shows("Nino", "the other one is shown", unread=0)
    app.wait("connected", lambda items: items.get("stateText", {}).get("text") == "Connected")
    if len(d.accounts_here()) != 1:
        raise SystemExit(f"the data of one account should be left: {d.accounts_here()}")
    d.stop()

    # ---- the command line names one that is not here ----
    app = d.start("light", "1280x800", "--demo", "--user", "cleo")
    d.shows("Garden", "it is signed in beside the other", unread=1)
    d.stop()
    app = d.start("light", "1280x800", "--user", "nino")
    d.shows("Nino", "one that is here is shown", unread=0)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--skein", required=True)
    arguments.add_argument("--server", required=True)
    arguments.add_argument("--cli", required=True)
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    started = []
    with tempfile.TemporaryDirectory(prefix="skein-accounts-") as folder:
        try:
            run(options, out, pathlib.Path(folder), started)
        finally:
            for process in reversed(started):
                process.kill()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
