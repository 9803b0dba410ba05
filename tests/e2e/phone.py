"""The real app in the window of a phone, in dark: one pane, there and back, and a server that is away: the banner
counts down, and its button does not wait for the end."""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

import desk

WIDTH, HEIGHT = 390, 844


def fits(items):
    """Nothing named reaches out of the window."""
    return all(item["x"] >= 0 and item["x"] + item["w"] <= WIDTH for key, item in items.items() if not key.startswith("row:"))


def run(options, out, folder, started):
    env = desk.start_display(folder, started, HEIGHT)
    server, address = desk.start_server(options.server, folder / "server", "127.0.0.1:0", env, started)
    url = f"http://{address}"

    def cli(user, *words):
        subprocess.run([options.cli, "--server", url, "--data", str(folder / user), "--user", user, *words], env=env,
                       check=True, stdout=subprocess.DEVNULL, timeout=desk.STEP_S)

    cli("ann", "--display-name", "Workshop", "signup")
    app = desk.App([options.skein, "--report", "--server", url, "--data", str(folder / "nino"), "--theme", "dark",
                    "--size", f"{WIDTH}x{HEIGHT}"], env)
    started.append(app.process)
    app.wait("the sign-in page is there", lambda items: "signInPage" in items)
    app.focus()
    app.sign_up("nino", "Desk", "a long password")
    app.wait("signed in", lambda items: items.get("stateText", {}).get("text") == "Connected")
    app.answer("askYes")  # there is no keychain: keep the session in a file

    cli("ann", "create", "general", "Plans", "nino")
    cli("ann", "create", "general", "Stores", "nino")
    cli("ann", "send", "Plans", "good morning")
    app.wait("the list fills the window", lambda items: "room:Plans" in items and items["room:Plans"]["w"] > WIDTH - 40
             and "back" not in items and fits(items))
    app.shot(out / "phone-list.png")
    app.click("room:Plans")
    app.wait("the room fills the window instead", lambda items: items.get("roomName", {}).get("text") == "Plans"
             and "room:Plans" not in items and "stateText" not in items and fits(items))
    app.row("its message is there", "good morning")
    app.click("back")
    app.wait("back in the list", lambda items: "room:Plans" in items and "back" not in items)
    app.click("room:Stores")
    app.wait("into the other one", lambda items: items.get("roomName", {}).get("text") == "Stores" and "back" in items)

    server.kill()
    server.wait()

    def seconds(items):
        told = re.search(r"Next attempt in (\d+) second", items.get("bannerText", {}).get("text", ""))
        return int(told[1]) if told else 0

    # The waiting grows with each attempt: until there is something to count.
    first = app.wait("the banner counts", lambda items: seconds(items) >= 4 and seconds(items))
    app.wait("down", lambda items: 0 < seconds(items) < first)
    app.wait("the next wait is a long one", lambda items: seconds(items) >= 8)
    app.shot(out / "phone-away.png")
    _, back = desk.start_server(options.server, folder / "server", address, env, started)
    assert back == address, back
    app.click("bannerAction")
    app.wait("its button does not wait for the end", lambda items: "banner" not in items)
    cli("ann", "send", "Stores", "and back")
    app.row("what is written now comes", "and back")


def main():
    arguments = argparse.ArgumentParser()
    for name in ("--skein", "--server", "--cli", "--out"):
        arguments.add_argument(name, required=True)
    options = arguments.parse_args()
    out = pathlib.Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    started = []
    with tempfile.TemporaryDirectory(prefix="skein-phone-") as folder:
        try:
            run(options, out, pathlib.Path(folder), started)
        finally:
            for process in reversed(started):
                process.kill()
                process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
