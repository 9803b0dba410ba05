#!/usr/bin/env python3
"""tests/coverage/conditions.py FILE…: MC/DC of what must have all of it, from `gcov --conditions --json-format`.

Each line of FILE is one report of gcov 14. A term counts when it was seen to decide the outcome both ways, in whichever
object file (an inline function has several). Prints what is missing and is not explained below; then one line a subject.
"""

import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What Q9 of docs/reliability.md names.
SUBJECTS = {
    "outbox": r"sdk/engine/(sendqueue|sender|changes|commands)\.(cpp|h)|offline/outbox\.(cpp|h)",
    "cursor": r"sdk/engine/(logtracker|sync|history)\.(cpp|h)|offline/spans\.(cpp|h)",
    "rate limiter": r"sdk/engine/ratelimiter\.(cpp|h)|protocol/tokenbucket\.h",
    "codec": r"protocol/[a-z]+\.(cpp|h)|protocol/detail/[a-z]+\.h",
    "authorisation": r"server/service/(tokens|session|rooms|messages|sync|positions|drafts|ephemeral)\.(cpp|h)",
}

# Terms that no test can decide: (file, text of the line without blanks at its ends): why.
INFEASIBLE = {
    ("protocol/codec.cpp", "(void)(decodedAs<Frame, F>(result, context, type) || ...);"):
        "the frame that nobody knows stands last and takes any type",
    ("protocol/compression.cpp", "if (text.size() < kCompressFrameBytesMin || !m_state->compressor)"):
        "libdeflate has no memory for its state",
    ("protocol/compression.cpp", "if (!decompressor)"): "libdeflate has no memory for its state",
    ("server/service/messages.cpp", "if (found == m_inFlight.end())"):
        "each operation ends once; a guard against a store that would answer twice",
    ("server/service/messages.cpp",
     "const TempId tempId = found == m_inFlight.end() ? TempId() : found->second.tempId;"): "the same",
    ("server/service/rooms.cpp",
     "const TempId tempId = found == m_inFlight.end() ? TempId() : found->second.tempId;"): "the same",
    ("server/service/messages.cpp", "if (!logged.dup && room)"): "a room that was committed stays in the directory",
    ("server/service/rooms.cpp", "if (!dup && room) {"): "the same",
    ("server/service/rooms.cpp", "const Member* own = room ? room->member(creator) : nullptr;"): "the same",
    ("server/service/rooms.cpp", "if (Room* oldest = m_directory.room(conn.full.front()))"): "the same",
    ("server/service/rooms.cpp", "if (const Room* room = m_directory.room(key)) {"): "the same",
    ("server/service/rooms.cpp", "if (const User* user = m_directory.user(typist.user))"):
        "a user stays in the directory",
    ("server/service/rooms.cpp", "User* user = event.member ? m_directory.user(*event.member) : nullptr;"):
        "an entry of that kind names its member",
    ("server/service/rooms.cpp", "if (error.retryable)"): "the store refuses a room only for now: a disk",
    ("server/service/rooms.cpp", "if (!user)"): "a user stays in the directory",
}

# What stands in a line that decides something. Others have conditions of the compiler's own: what it cleans up after an
# exception, and comparisons that `= default` stands for.
DECIDES = re.compile(r"\b(if|while|for|switch)\b|\?|&&|\|\|")


def read(paths):
    """{(file, line, index, terms): {(term, value) missing everywhere}}"""
    found = {}
    for path in paths:
        with open(path, encoding="utf-8") as reports:
            for report in reports:
                if not report.strip():
                    continue
                for entry in json.loads(report)["files"]:
                    name = entry["file"].split("/skein/", 1)[-1]
                    if os.path.isabs(name):
                        continue
                    merge(found, name, entry["lines"])
    return found


def merge(found, name, lines):
    index = {}
    for line in lines:
        # An instance of a template has a line of its own: the n-th condition of each is the same one in the source.
        place = (line["line_number"], line.get("function_name", ""))
        for condition in line.get("conditions", ()):
            index[place] = index.get(place, -1) + 1
            key = (name, line["line_number"], index[place], condition["count"] // 2)
            missing = {(term, True) for term in condition["not_covered_true"]}
            missing |= {(term, False) for term in condition["not_covered_false"]}
            found[key] = found[key] & missing if key in found else missing


def text_of(name, number):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        lines = file.readlines()
    return lines[number - 1].strip() if number <= len(lines) else ""


def unwritten(text, terms, missing):
    """A condition of one term that was never looked at, in a line where nobody wrote one."""
    return terms == 1 and len(missing) == 2 and (not DECIDES.search(text) or text.endswith("= default;"))


def main():
    found = read(sys.argv[1:])
    wrong = 0
    summary = []
    used = set()
    for subject, pattern in SUBJECTS.items():
        total = covered = explained = 0
        for (name, line, _, terms), missing in sorted(found.items()):
            if not re.fullmatch(pattern, name):
                continue
            total += 2 * terms
            covered += 2 * terms - len(missing)
            if not missing:
                continue
            text = text_of(name, line)
            if unwritten(text, terms, missing):
                total -= 2
                continue
            if (name, text) in INFEASIBLE:
                used.add((name, text))
                explained += len(missing)
                continue
            wrong += len(missing)
            for term, value in sorted(missing):
                print(f"{name}:{line}: term {term + 1} of {terms} never decided for {str(value).lower()}: {text}")
        share = 100 * covered / total if total else 0
        summary.append(f"mcdc: {subject:<14} {covered}/{total} outcomes ({share:.1f} %), {explained} infeasible")
        if not total:
            wrong += 1
            print(f"{subject}: nothing was measured")
    for entry in INFEASIBLE.keys() - used:
        wrong += 1
        print(f"{entry[0]}: is covered now, take it out of INFEASIBLE: {entry[1]}")
    print("\n".join(summary))
    return 1 if wrong else 0


sys.exit(main())
