"""Two network namespaces joined by a cable that can be made bad: loss, a narrow rate, a cut.

Needs root (namespaces, nft, tc); `why_not()` says what is missing. Nothing outside the two namespaces is
touched, their names carry this process's id, and what a killed run left behind is removed by the next.
"""
import os
import re
import shutil
import subprocess

SERVER_ADDRESS = "10.231.0.1"
CLIENT_ADDRESS = "10.231.0.2"
RULES = """
table inet skein {
    chain input {
        type filter hook input priority 0; policy accept;
        %s
    }
}
"""


class LabError(Exception):
    pass


def _run(*words, check=True, stdin=None):
    done = subprocess.run(words, input=stdin, text=True, capture_output=True)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _tool(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def why_not():
    """None when the lab can be built here, else (reason, whether this is only a matter of not being root)."""
    for tool in ("ip", "nft", "tc"):
        if not _tool(tool):
            return f"{tool} is not installed (tools/install-deps test)", False
    if os.geteuid() != 0:
        return "network namespaces need root", True
    try:
        lab = Lab()
        try:
            lab.loss(1)
            lab.rate(64)
        finally:
            lab.close()
    except LabError as why:
        return str(why), False
    return None


def _sweep():
    """Removes the namespaces of runs whose process is gone."""
    for name in re.findall(r"^(sknet(\d+)[sc])\b", _run(_tool("ip"), "netns", "list"), re.M):
        if not os.path.exists(f"/proc/{name[1]}"):
            _run(_tool("ip"), "netns", "del", name[0], check=False)


class Lab:
    def __init__(self):
        self.ip, self.nft, self.tc = _tool("ip"), _tool("nft"), _tool("tc")
        _sweep()
        self.server = f"sknet{os.getpid()}s"
        self.client = f"sknet{os.getpid()}c"
        try:
            for space in (self.server, self.client):
                _run(self.ip, "netns", "add", space)
            _run(self.ip, "link", "add", "v0", "netns", self.server, "type", "veth",
                 "peer", "name", "v0", "netns", self.client)
            for space, address in ((self.server, SERVER_ADDRESS), (self.client, CLIENT_ADDRESS)):
                _run(self.ip, "-n", space, "addr", "add", f"{address}/24", "dev", "v0")
                for device in ("lo", "v0"):
                    _run(self.ip, "-n", space, "link", "set", device, "up")
            # Without a way out the system says "no network" to whoever asks it, and clients do.
            _run(self.ip, "-n", self.client, "route", "add", "default", "via", SERVER_ADDRESS)
        except LabError:
            self.close()
            raise

    def close(self):
        for space in (self.server, self.client):
            _run(self.ip, "netns", "del", space, check=False)

    def inside(self, space):
        """The words to put before a command so that it runs in that namespace, under the same process id."""
        return [self.ip, "netns", "exec", space]

    def _filter(self, rule):
        for space in (self.server, self.client):
            _run(*self.inside(space), self.nft, "flush", "ruleset")
            if rule:
                _run(*self.inside(space), self.nft, "-f", "-", stdin=RULES % rule)

    def loss(self, percent):
        """Of the packets in each direction."""
        self._filter(f'iifname "v0" numgen random mod 1000 < {int(percent * 10)} counter drop'
                     if percent else None)

    def cut(self, on):
        """Nothing passes, in silence: no reset, no unreachable, no carrier lost."""
        self._filter('iifname "v0" counter drop' if on else None)

    def rate(self, kbit):
        """Both directions; None = unlimited."""
        for space in (self.server, self.client):
            _run(*self.inside(space), self.tc, "qdisc", "del", "dev", "v0", "root", check=False)
            if kbit:
                _run(*self.inside(space), self.tc, "qdisc", "add", "dev", "v0", "root", "tbf",
                     "rate", f"{kbit}kbit", "burst", "4kb", "latency", "800ms")

    def dropped(self):
        """Packets that the rule in force has dropped so far: a fault that drops none proves nothing."""
        total = 0
        for space in (self.server, self.client):
            listing = _run(*self.inside(space), self.nft, "list", "ruleset")
            total += sum(int(n) for n in re.findall(r"counter packets (\d+)", listing))
        return total
