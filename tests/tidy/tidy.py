#!/usr/bin/env python3
"""tests/tidy/tidy.py: fails on a broken rule of the house, lists long files and headers without a test.

Rules: rules.py (each proved by selftest.py); sizes here; public headers compile alone (C++ without Qt).
"""

import concurrent.futures
import os
import subprocess
import sys

import rules
import selftest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILE_BYTES_MAX = 512 * 1024
TEXT = (".h", ".cpp", ".in", ".qml", ".py", ".md", ".txt", ".cmake", ".json", ".yaml", ".mjs", ".js", ".sh", ".sql", ".xml",
        ".desktop", ".svg", ".ts")
LONG = {".cpp": 600, ".h": 250, ".qml": 250}
HEADERS = ("core/", "protocol/", "offline/", "sdk/engine/", "server/")


# The room of the tests of a folder's public headers: each has a test of the same name there.
TEST_ROOMS = {"core": "core", "protocol": "protocol", "offline": "offline", "sdk/engine": "engine", "sdk/qt": "qt",
              "server/net": "net", "server/service": "service", "server/storage": "storage",
              "server/storage/sqlite": "storage"}


def untested(names):
    """Public headers (not NAME_p.h, not detail/) without tests/unit/ROOM/tst_NAME.cpp. Listed, no failure."""
    tests = set(names)
    for name in names:
        folder, file = os.path.split(name)
        stem = os.path.splitext(file)[0]
        if file.endswith(".h") and folder in TEST_ROOMS and not stem.endswith("_p"):
            if f"tests/unit/{TEST_ROOMS[folder]}/tst_{stem}.cpp" not in tests:
                yield name


def tracked():
    out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                         capture_output=True).stdout.decode()
    return sorted(name for name in out.split("\0") if name and os.path.isfile(os.path.join(ROOT, name)))


def compiles_alone(header):
    """None, or what the compiler said."""
    done = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-w", "-I.", "-x", "c++", "-include", header, os.devnull],
                          cwd=ROOT, capture_output=True, text=True)
    return None if done.returncode == 0 else f"{header}: does not compile alone:\n{done.stderr[:600]}"


def main():
    findings = [f"self-test: {line}" for line in selftest.run()]
    long_files = []
    names = tracked()
    for name in names:
        path = os.path.join(ROOT, name)
        if os.path.getsize(path) > FILE_BYTES_MAX:
            findings.append(f"{name}: over {FILE_BYTES_MAX // 1024} KiB")
        if not name.endswith(TEXT) and os.path.splitext(name)[1]:
            continue
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except UnicodeDecodeError:
            continue
        for rule in rules.ALL:
            findings += [f"{name}: {found}" for found in rule(name, text)]
        lines = text.count("\n")
        if lines > LONG.get(os.path.splitext(name)[1], 1 << 30):
            long_files.append((lines, name))

    headers = [name for name in names if name.startswith(HEADERS) and name.endswith(".h")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        findings += [said for said in pool.map(compiles_alone, headers) if said]

    for lines, name in sorted(long_files, reverse=True):
        print(f"long: {name} ({lines} lines)")
    without = list(untested(names))
    if without:
        print(f"no test of the same name: {', '.join(without)}")
    for line in findings:
        print(f"tidy: {line}", file=sys.stderr)
    print(f"tidy: {len(names)} files, {len(headers)} headers alone, {len(findings)} findings")
    return 1 if findings or not headers else 0


sys.exit(main())
