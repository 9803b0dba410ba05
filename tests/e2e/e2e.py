#!/usr/bin/env python3
"""The real app against the real server, driven by a real keyboard and mouse (xdotool) on a display
of its own: sign up, start a conversation, send, see the ticks, receive, lose the server, get it
back. Waits only on what the app reports (`skein --report`), never on time. Exit 0 = all seen."""
import argparse
import contextlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

import desk
from desk import STEP_S, App

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
    with tempfile.TemporaryDirectory(prefix="skein-e2e-") as folder:
        try:
            run(options, out, pathlib.Path(folder), started)
        finally:
            for process in reversed(started):
                process.kill()
                process.wait()


def run(options, out, folder, started):
    env = desk.start_display(folder, started)

    def start_server(listen):
        return desk.start_server(options.server, folder / "server", listen, env, started)

    def cli(user, *words):
        return subprocess.run([options.cli, "--server", url, "--data", str(folder / user), "--user", user, *words],
                              env=dict(env, QT_QPA_PLATFORM="offscreen"), check=True, text=True,
                              capture_output=True, timeout=STEP_S).stdout

    server, address = start_server("127.0.0.1:0")
    url = "http://" + address
    cli("ann", "--display-name", "Workshop", "signup")

    app = App([options.skein, "--report", "--server", url, "--data", str(folder / "nino"), "--theme", "light",
               "--size", "1280x800"], env)
    started.append(app.process)
    app.wait("the sign-in page is there", lambda items: "signInPage" in items)
    app.focus()
    app.sign_up("nino", "Desk", "a long password")
    app.wait("signed in", lambda items: items.get("stateText", {}).get("text") == "Connected")
    app.answer("askYes")  # there is no keychain: keep the session in a file

    app.click("newRoom")
    app.type("newRoomPeople", "ann", takes_focus=True)
    app.click("createRoom")
    app.wait("the conversation is open", lambda items: items.get("roomName", {}).get("text") == "Workshop")

    app.type("composer", "Good morning from the keyboard")
    app.xdotool("key", "Return")
    app.row("the message is confirmed", "Good morning from the keyboard", "Sent", "Delivered", "Read")
    room = json.loads(cli("ann", "--json", "rooms").splitlines()[0])
    room = room.get("room") or room["rooms"][0]["room"]
    history = cli("ann", "--json", "history", room)
    assert "Good morning from the keyboard" in history, history
    cli("ann", "send", room, "დილა მშვიდობისა 👋")
    app.row("the answer arrives", "დილა მშვიდობისა 👋")
    cli("ann", "read", room)
    app.row("the other one has read it", "Good morning from the keyboard", "Read")

    server.kill()
    server.wait()
    app.wait("the banner says that there is no connection",
             lambda items: items.get("banner", {}).get("h", 0) > 20)
    app.type("composer", "Written without a server")
    app.xdotool("key", "Return")
    app.row("it waits in the list", "Written without a server", "Waiting to be sent")
    server, _ = start_server(address)
    app.row("it goes out by itself", "Written without a server", "Sent", "Delivered", "Read")
    app.wait("the banner is gone", lambda items: "banner" not in items)
    assert cli("ann", "--json", "history", room).count("Written without a server") == 1

    # ---- refused for good: said why, what waits behind it says so, retried by mouse and by keyboard ----
    def restart(archived):
        """The conversation is archived, or opened again, while the app cannot hear of it."""
        nonlocal server
        server.kill()
        server.wait()
        app.wait("the connection is gone", lambda items: items.get("stateText", {}).get("text") != "Connected")
        with contextlib.closing(sqlite3.connect(folder / "server" / "skein.db")) as db, db:
            db.execute("UPDATE room SET archived = ?", (1 if archived else 0,))
        return lambda: start_server(address)[0]

    for way in ("mouse", "keyboard"):
        again = restart(archived=True)
        app.type("composer", f"Refused at first, {way}")
        app.xdotool("key", "Return")
        app.row("it waits", f"Refused at first, {way}", "Waiting to be sent")
        server = again()
        app.row("it is refused", f"Refused at first, {way}", "Not sent")
        app.type("composer", f"Behind it, {way}")
        app.xdotool("key", "Return")
        app.row("what is behind it says what it waits for", f"Behind it, {way}",
                "Waits behind a message that was not sent")
        app.wait("the reason stands below it", lambda items: "not allowed" in items.get("failedReason", {}).get("text", ""))
        app.wait("and in the banner", lambda items: "could not be sent" in items.get("bannerText", {}).get("text", ""))
        if way == "mouse":
            app.shot(out / "failed.png")
        server = restart(archived=False)()
        app.wait("connected again", lambda items: items.get("stateText", {}).get("text") == "Connected")
        app.row("it waits for the person still", f"Refused at first, {way}", "Not sent")
        if way == "mouse":
            app.click("failedRetry")
        else:
            app.click("composer")
            app.wait("the composer has the focus", lambda items: items["composer"].get("focus"))
            app.xdotool("key", "Prior")
            app.wait("the messages have the focus", lambda items: items["timeline"].get("focus"))
            # The newest row, the one before it, its menu, the first entry: send again.
            app.xdotool("key", "Up", "Up", "Return")
            app.wait("the menu is there", lambda items: "menu:retry" in items)
            app.xdotool("key", "Return")
        app.row("it goes out", f"Refused at first, {way}", "Sent", "Delivered", "Read")
        app.row("and what waited follows", f"Behind it, {way}", "Sent", "Delivered", "Read")
        history = cli("ann", "--json", "history", room)
        assert history.count(f"Refused at first, {way}") == 1 and history.count(f"Behind it, {way}") == 1, history
        assert history.index(f"Refused at first, {way}") < history.index(f"Behind it, {way}"), history

    # ---- refused in two conversations: one button for all ----
    cli("ben", "--display-name", "Stores", "signup")
    app.click("newRoom")
    app.type("newRoomPeople", "ben", takes_focus=True)
    app.click("createRoom")
    app.wait("the second conversation is open", lambda items: items.get("roomName", {}).get("text") == "Stores")
    again = restart(archived=True)
    for name in ("Workshop", "Stores"):
        app.open_room(name)
        app.type("composer", f"For the {name}")
        app.xdotool("key", "Return")
        app.row("it waits", f"For the {name}", "Waiting to be sent")
    server = again()
    app.wait("both are refused", lambda items: items.get("bannerText", {}).get("text", "").startswith("2 messages could not be sent."))
    server = restart(archived=False)()
    app.wait("the banner offers to send all again", lambda items: items.get("bannerAction", {}).get("text") == "Retry all")
    app.click("bannerAction")
    app.row("the one on screen goes out", "For the Stores", "Sent", "Delivered", "Read")
    app.wait("nothing is left to retry", lambda items: "banner" not in items)
    for name in ("Workshop", "Stores"):
        app.open_room(name)
        app.row("it went out", f"For the {name}", "Sent", "Delivered", "Read")
    assert cli("ann", "--json", "history", room).count("For the Workshop") == 1
    app.open_room("Workshop")

    # ---- diagnostics: by keyboard, and what happened to a message by mouse ----
    app.xdotool("key", "ctrl+shift+d")
    app.wait("the diagnostics page is there", lambda items: "diagnostics" in items and "composer" not in items)
    app.wait("it says how the connection is", lambda items: items.get("diagnosticsState", {}).get("text") == "Connected")
    app.xdotool("key", "Escape")
    app.wait("Esc leads back", lambda items: "diagnostics" not in items and "composer" in items)
    app.menu("Refused at first, mouse")
    app.click("menu:why")
    app.wait("the page tells where it is now", lambda items: "Stored at the server" in items.get("storyText", {}).get("text", ""))
    app.wait("and how it came to that", lambda items: any(
        key == "storyEvents" and item["h"] > 150 for key, item in items.items()))
    app.shot(out / "diagnostics.png")
    app.click("diagnosticsBack")
    app.wait("back in the conversation", lambda items: "diagnostics" not in items and "composer" in items)

    # The other side in an app of its own: signed in by itself, the room open at the first unread message.
    cli("ann", "create", "job", "Roof, house 12", "nino", "ben")
    cli("ann", "create", "support", "Lift in the north wing", "nino")
    cli("ann", "send", "Lift in the north wing", "It runs again.")
    app.open_room("Roof, house 12")
    for user, text in (("ann", "The scaffolding stands."),
                       ("ben", "The slate is here: forty square metres, and the battens."),
                       ("nino", "Good. We begin tomorrow morning"), ("ann", "ხვალამდე 👷"),
                       ("nino", "Rain is announced for the afternoon: the north side first.")):
        if user == "nino":
            app.type("composer", text)
            app.xdotool("key", "Return")
            app.row("the app's message is confirmed", text, "Sent", "Delivered", "Read")
        else:
            cli(user, "send", "Roof, house 12", text)
            app.row(f"{user} is heard", text)
        if user == "ann":
            cli("ann", "read", "Roof, house 12")
    app.type("composer", "half a thought")
    app.wait("the list shows nothing unsent", lambda items: "row:" not in "".join(
        key for key, item in items.items() if item.get("text", "").endswith("|Waiting to be sent")))
    picture = out / "screenshot.png"
    for _ in range(2):  # the second time she has been there before
        shot = subprocess.run([options.skein, "--demo", "--user", "ann", "--server", url, "--data", str(folder / "ann-app"),
                               "--theme", "light", "--size", "1280x800", "--room", "Roof, house 12", "--screenshot", str(picture),
                               "--quit-after-screenshot"], env=env, timeout=STEP_S)
    assert shot.returncode == 0 and picture.stat().st_size > 10000, "screenshot"
    print(f"ok: {picture}")


if __name__ == "__main__":
    sys.exit(main())
