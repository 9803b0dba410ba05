"""What the tests of the real app share: a display of their own, the server, the app as a person sees
it and uses it. Every wait is for something that a program says, with one generous bound."""
import json
import os
import queue
import re
import subprocess
import threading
import time

STEP_S = 90  # bound of every wait; a step that needs longer has failed


class Lines:
    """Lines of a process, read on a thread."""

    def __init__(self, stream):
        self.queue = queue.Queue()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream):
        for line in stream:
            self.queue.put(line.rstrip("\n"))
        self.queue.put(None)

    def within(self, seconds):
        """The next line, or None: there was none in this time."""
        try:
            return self.queue.get(timeout=seconds)
        except queue.Empty:
            return None

    def until(self, what, accept, seconds=None):
        """What `accept` makes of a line. `seconds`: None when there was none by then."""
        end = time.monotonic() + (seconds or STEP_S)
        last = None
        while True:
            try:
                line = self.queue.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                if seconds:
                    return None
                raise SystemExit(f"not seen within {STEP_S} s: {what}\nlast: {last}")
            if line is None:
                raise SystemExit(f"the process ended before: {what}\nlast: {last}")
            last = line
            value = accept(line)
            if value:
                return value


class App:
    def __init__(self, command, env):
        self.env = env
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        self.lines = Lines(self.process.stdout)
        self.ui = {}

    def wait(self, what, accept):
        """Until the window's state satisfies `accept(items)`; gives its result."""
        result = self.wait_quietly(what, accept)
        print("ok:", what, flush=True)
        return result

    def wait_quietly(self, what, accept, seconds=None):
        result = accept(self.ui.get("items", {}))
        if result:
            return result

        def look(line):
            if not line.startswith("{"):
                return None
            self.ui = json.loads(line)
            return accept(self.ui["items"])

        return self.lines.until(what, look, seconds)

    def focus(self):
        """No window manager here: nobody else gives the window the keyboard."""
        window = subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(self.process.pid)], env=self.env,
                                check=True, text=True, capture_output=True).stdout.split()[0]
        self.xdotool("windowfocus", window)

    def xdotool(self, *words):
        subprocess.run(["xdotool", *map(str, words)], env=self.env, check=True)

    def click(self, name):
        there = lambda items: items.get(name, {}).get("enabled") and items[name]
        item = self.wait(f"{name} is there", there)
        # What has just come may still move: a menu below a banner that goes, a row behind one that comes.
        moved = True
        while moved:
            moved = self.wait_quietly("it has moved", lambda items: there(items) and items[name] != item and items[name], 0.15)
            item = moved or item
        self.xdotool("mousemove", item["x"] + item["w"] // 2, item["y"] + item["h"] // 2, "click", 1)

    def open_room(self, name):
        """The list may move under the mouse, because something came: clicked until it is open."""
        end = time.monotonic() + STEP_S
        while time.monotonic() < end:
            self.click(f"room:{name}")
            if self.wait_quietly(f"{name} is open", lambda items: items.get("roomName", {}).get("text") == name, 3):
                print(f"ok: {name} is open", flush=True)
                return
        raise SystemExit(f"not seen within {STEP_S} s: {name} is open")

    def type(self, name, text, takes_focus=False):
        """`takes_focus`: by itself, when what it is in opens. A click would come while that still moves."""
        if not takes_focus:
            self.click(name)
        self.wait(f"{name} has the focus", lambda items: items.get(name, {}).get("focus"))
        self.xdotool("type", "--delay", 5, text)
        self.wait(f"{name} holds what was typed", lambda items: text in items[name].get("text", ""))

    def sign_up(self, name, display_name, password):
        """On the sign-in page; until the form is sent."""
        self.click("switchMode")
        self.wait("the form asks for a new account", lambda items: "displayName" in items)
        self.type("name", name)
        self.type("displayName", display_name)
        self.click("password")
        self.wait("password has the focus", lambda items: items["password"].get("focus"))
        self.xdotool("type", "--delay", 5, password)
        self.click("submit")

    def answer(self, name):
        """One of the two buttons of a question, `askYes` or `askNo`."""
        self.wait("the question is asked", lambda items: items.get("askNo", {}).get("focus"))
        if name == "askYes":
            self.xdotool("key", "Tab")
        self.wait(f"{name} has the focus", lambda items: items.get(name, {}).get("focus"))
        self.xdotool("key", "space")
        self.wait("the question is gone", lambda items: "askNo" not in items)

    def shot(self, path):
        """The whole display, as a person sees it."""
        subprocess.run(["import", "-window", "root", str(path)], env=self.env, check=True)
        print(f"ok: {path}", flush=True)

    def menu(self, text):
        """The menu of the message with this text, by the right button."""
        box = self.wait(f"{text} is on screen", lambda items: next(
            (item for key, item in items.items()
             if key.startswith("row:") and item.get("text", "").startswith(text + "|")), None))
        self.xdotool("mousemove", box["x"] + box["w"] - 90, box["y"] + box["h"] // 2, "click", 3)

    def row(self, what, text, *states):
        """A message with this text whose status is one of `states`."""
        return self.wait(what, lambda items: any(
            key.startswith("row:") and item.get("text", "").startswith(text + "|")
            and (not states or item["text"].split("|")[-1] in states) for key, item in items.items()))


def start_display(folder, started, height=800):
    """A display of its own in `folder`, which is also the home of what runs there, and no session bus:
    its environment."""
    display = subprocess.Popen(["Xvfb", "-displayfd", "1", "-screen", "0", f"1280x{height}x24", "-nolisten", "tcp", "-noreset"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    started.append(display)
    number = Lines(display.stdout).until("Xvfb names its display", lambda line: line.strip())
    folder.chmod(0o700)
    return dict(os.environ, DISPLAY=":" + number, QT_QPA_PLATFORM="xcb", QT_QUICK_BACKEND="software",
                SKEIN_PASSWORD="a long password", SKEIN_REDUCED_MOTION="1", LC_ALL="C.UTF-8",
                XDG_RUNTIME_DIR=str(folder), HOME=str(folder), DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent")


def start_server(program, data, listen, env, started, *more):
    """The process, and the address that it listens on."""
    server = subprocess.Popen([program, "--data", str(data), "--listen", listen, "--password-mib", "8", *more], env=env,
                              stdout=subprocess.PIPE, text=True)
    started.append(server)
    return server, Lines(server.stdout).until(
        "the server listens", lambda line: re.search(r"http://(\S+)", line))[1]
