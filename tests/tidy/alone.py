#!/usr/bin/env python3
"""tests/tidy/alone.py BUILD-DIR [--database DIR]: checks the syntax of sources and headers by themselves.

The release build joins several sources of a target, so that one may lean on what another includes. Here each source of
the client, the app and the tools is looked at alone, with the flags of the joined one; the server and what is below
the engine are compiled alone by the sanitizers' and fuzzers' builds. Each header there is looked at as a source of its
own, without the precompiled one (tidy.py does it for those that need no Qt). BUILD-DIR must be built: its generated headers are
used. Exit code 1 when a source does not compile. With --database: only writes DIR/compile_commands.json, with an entry
for each source, for tools that want one.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOMS = ("sdk/", "app/", "tools/", "benchmarks/")
JOINED = re.compile(r'^#include "(.+\.cpp)"$', re.MULTILINE)


def separate(entries):
    """The entries of compile_commands.json with each joined one replaced by those of its sources."""
    for entry in entries:
        if "/Unity/unity_" not in entry["file"]:
            yield entry
            continue
        with open(entry["file"], encoding="utf-8") as file:
            sources = JOINED.findall(file.read())
        for source in sources:
            yield {**entry, "file": source, "command": entry["command"].replace(entry["file"], source)}


def syntax_of(entry):
    words = shlex.split(entry["command"])
    if words[0].endswith("ccache"):
        del words[0]
    at = words.index("-o")
    del words[at:at + 2]
    if "header" in entry:
        words[words.index("-c"):] = []
        precompiled = [n for n, word in enumerate(words) if word == "-include" and "cmake_pch" in words[n + 1]]
        for at in reversed(precompiled):
            del words[at:at + 2]
        words += ["-include", entry["file"], "-x", "c++", os.devnull]
    made = subprocess.run(words + ["-fsyntax-only"], cwd=entry["directory"], capture_output=True, text=True, check=False)
    return entry["file"], made.returncode, made.stderr


def headers(names, of, root):
    """An entry for each header, with the flags of a source beside it."""
    flags = {os.path.dirname(name): entry for name, entry in sorted(of.items(), reverse=True)}
    for name in names:
        folder = os.path.dirname(name)
        if folder not in flags:  # the installed headers lead to those of the skin
            folder = "sdk/qt"
        yield {**flags[folder], "file": os.path.join(root, name), "header": True}


def main():
    build = sys.argv[1]
    root = os.getcwd()
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = list(separate(json.load(file)))
    if sys.argv[2:3] == ["--database"]:
        os.makedirs(sys.argv[3], exist_ok=True)
        with open(os.path.join(sys.argv[3], "compile_commands.json"), "w", encoding="utf-8") as file:
            json.dump(entries, file, indent=1)
        return 0
    ours = subprocess.run(["git", "ls-files", "*.cpp", "*.h"], capture_output=True, text=True, check=True).stdout.split()
    ours = [name for name in ours if name.startswith(ROOMS)]
    of = {os.path.relpath(entry["file"], root): entry for entry in entries}
    chosen = [of[name] for name in ours if name in of]
    chosen += headers([name for name in ours if name.endswith(".h")], of, root)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(syntax_of, chosen))
    wrong = [result for result in results if result[1]]
    for name, _, said in wrong:
        print("%s does not compile alone:\n%s" % (os.path.relpath(name, root), said[:3000]), file=sys.stderr)
    print("alone: %d sources and headers, %d findings" % (len(chosen), len(wrong)))
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
