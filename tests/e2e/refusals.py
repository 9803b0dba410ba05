"""What the app and the CLI say where they cannot work: no display, a display that does not answer, local
data of a newer version. And `skein-cli tail`, which only somebody else's messages end."""
import argparse
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile

import desk

NO_DISPLAY = 3
LOCAL_DATA = 7


def check(what, holds, detail=""):
    if not holds:
        raise SystemExit(f"not so: {what}\n{detail}")
    print("ok:", what, flush=True)


def without_display(program, env):
    plain = {k: v for k, v in env.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    # No X server listens at this number: they count up from 0.
    dead = {"DISPLAY": ":59999", "WAYLAND_DISPLAY": "nobody-listens"}
    for names in ((), ("DISPLAY",), ("WAYLAND_DISPLAY",), ("DISPLAY", "WAYLAND_DISPLAY")):
        run = subprocess.run([program], env=dict(plain, **{n: dead[n] for n in names}), text=True, capture_output=True,
                             timeout=desk.STEP_S)
        said = run.stderr.strip()
        check(f"{' and '.join(names) or 'no display'}: a sentence and exit {NO_DISPLAY}",
              run.returncode == NO_DISPLAY and said.startswith("skein: ") and len(said.splitlines()) == 1
              and all(dead[n] in said for n in names[:1]), f"{run.returncode}\n{said}")


def one_of_two_displays(program, env, folder, started):
    """X11 and Wayland are named and one of them answers: that one is taken, whichever Qt would pick."""
    plain = {k: v for k, v in env.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    app = desk.App([program, "--report", "--data", str(folder / "display")],
                   dict(plain, DISPLAY=env["DISPLAY"], WAYLAND_DISPLAY="nobody-listens", XDG_SESSION_TYPE="wayland"))
    started.append(app.process)
    app.wait("X11 answers and Wayland does not: the window opens", lambda items: "signInPage" in items)
    app.process.kill()
    app.process.wait()

    if list(pathlib.Path("/usr/lib").glob("*/qt6/plugins/platforms/libqwayland*")):
        print("skipped: this machine has Qt's plug-in for Wayland, and no Wayland")
        return
    address = folder / "wayland"
    ours, theirs = socket.socketpair()
    with socket.socket(socket.AF_UNIX) as listener, ours, theirs:
        listener.bind(str(address))
        listener.listen()
        for names in ({"WAYLAND_DISPLAY": str(address)},
                      {"WAYLAND_DISPLAY": "nobody-listens", "WAYLAND_SOCKET": str(theirs.fileno())}):
            run = subprocess.run([program], env=dict(plain, DISPLAY=":59999", **names), text=True, capture_output=True,
                                 pass_fds=[theirs.fileno()], timeout=desk.STEP_S)
            check(f"Wayland answers by {list(names)[-1]}, and Qt has no plug-in for it: a sentence and exit {NO_DISPLAY}",
                  run.returncode == NO_DISPLAY and "qt6-wayland" in run.stderr and len(run.stderr.splitlines()) == 1,
                  f"{run.returncode}\n{run.stderr}")


def run(options, folder, started):
    env = desk.start_display(folder, started)
    without_display(options.skein, env)
    one_of_two_displays(options.skein, env, folder, started)

    _, address = desk.start_server(options.server, folder / "server", "127.0.0.1:0", env, started)

    def command(user, *words):
        return [options.cli, "--server", f"http://{address}", "--user", user, "--data", str(folder / user), *words]

    def cli(user, *words):
        return subprocess.run(command(user, *words), env=env, text=True, capture_output=True, timeout=desk.STEP_S)

    for user in ("writer", "reader"):
        made = cli(user, "signup", "--display-name", user)
        check(f"{user} signs up", made.returncode == 0, made.stderr)
    check("a room", cli("writer", "create", "general", "room", "reader").returncode == 0)
    tail = subprocess.Popen(command("reader", "tail", "room"), env=env, text=True, stdout=subprocess.PIPE)
    started.append(tail)
    lines = desk.Lines(tail.stdout)
    # What is written before it listens is history and not told, and it says nothing when it does.
    heard = next((n for n in range(desk.STEP_S) if cli("writer", "send", "room", f"hello {n}").returncode == 0
                  and lines.within(1)), None)
    check("tail listens", heard is not None)
    sent = []

    def told(line):
        message = json.loads(line)
        return message.get("text", message.get("body")) in sent and message
    for text in ("one line", "ორი\nხაზი", '"three"'):
        sent.append(text)
        check("sent", cli("writer", "send", "room", text).returncode == 0)
        seen = lines.until(f"tail says {text!r} as one line of JSON",
                           lambda line: told(line) if text in (json.loads(line).get("text"), json.loads(line).get("body"))
                           else None)
        check(f"of whom {text!r} is", "writer" in json.dumps(seen), seen)
    tail.terminate()
    tail.wait(timeout=desk.STEP_S)

    # A newer program's data: said, and not touched.
    stores = [path for path in (folder / "reader").rglob("*") if path.is_file()
              and path.read_bytes()[:15] == b"SQLite format 3"]
    check("the account's store is found", len(stores) == 1, stores)
    with sqlite3.connect(stores[0]) as db:
        db.execute("PRAGMA journal_mode=DELETE")
        db.execute("PRAGMA user_version=999")
    db.close()
    before = stores[0].read_bytes()
    refused = cli("reader", "rooms")
    check("skein-cli says that the data is of another version", refused.returncode == LOCAL_DATA
          and "version" in refused.stderr, f"{refused.returncode}\n{refused.stderr}")
    app = desk.App([options.skein, "--server", f"http://{address}", "--user", "reader", "--data", str(folder / "reader"),
                    "--report"], env)
    started.append(app.process)
    app.wait("the app says so too", lambda items: any("version" in item.get("text", "") for item in items.values()))
    app.process.terminate()
    app.process.wait(timeout=desk.STEP_S)
    check("nothing was changed", stores[0].read_bytes() == before)


def main():
    arguments = argparse.ArgumentParser()
    for name in ("--skein", "--server", "--cli"):
        arguments.add_argument(name, required=True)
    options = arguments.parse_args()
    started = []
    with tempfile.TemporaryDirectory(prefix="skein-refusals-") as folder:
        try:
            run(options, pathlib.Path(folder), started)
        finally:
            for process in reversed(started):
                if process.poll() is None:
                    process.terminate()
                    process.wait(timeout=desk.STEP_S)
    return 0


if __name__ == "__main__":
    sys.exit(main())
