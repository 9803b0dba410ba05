#!/usr/bin/env python3
"""Plants one mistake after another in a copy of the sources and says how many seeds the simulation
takes to see it.

    mutants.py --source DIR --copy DIR [--seeds 200] [--messages 100] [--only NAME]

Works in --copy only, which is made when missing and kept, so that a second run builds little. Exit code 1 when a
mutant survives, or when a place to plant one in is not found any more.
"""
import argparse
import os
import re
import subprocess
import sys

# name, file, what stands there, what is put there instead
MUTANTS = [
    ("a commit that failed is confirmed", "server/storage/sqlite/store.cpp",
     "result = fail(*fault, \"injected\");", "result = Result<void>();"),
    ("a repeat is stored again", "server/storage/sqlite/writer.cpp",
     "    m_insertOp.bindBlob(temp).bind(device).bind(op.room)",
     "    const std::string other = temp + std::to_string(event.seq.value());\n"
     "    m_insertOp.bindBlob(other).bind(device).bind(op.room)"),
    ("the client forgets its key and sends under a new one", "sdk/engine/sender.cpp",
     "            if constexpr (requires { it.prev; })\n",
     "            if constexpr (requires { it.prev; })\n"
     "                if (entry->attempts > 0)\n"
     "                    it.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);\n"
     "            if constexpr (requires { it.prev; })\n"),
    ("the cursor is one too far", "sdk/engine/sync.cpp",
     "room.rec.synced = room.log.chain(hi);", "room.rec.synced = room.log.chain(hi).next();"),
    ("a confirmation leaves the outbox as it is", "sdk/engine/sender.cpp",
     "            m_store.outbox().erase(entry->id);\n            m_forgetOnCommit",
     "            m_forgetOnCommit"),
    ("a page of history claims more than it has", "sdk/engine/history.cpp",
     "spans.add({from, to, std::max(known, Seq())});",
     "spans.add({from.value() > 3 ? Seq(from.value() - 2) : from, to, std::max(known, Seq())});"),
    ("who leaves stays subscribed", "server/service/rooms.cpp",
     "    std::erase(room.full, &conn);\n", ""),
    ("gaps on a live connection are not looked for", "sdk/engine/session.cpp",
     "for (const protocol::RoomHi& hi : frame.heads) {",
     "for (const protocol::RoomHi& hi : std::vector<protocol::RoomHi>()) {"),
    ("an older change wins over a newer one", "offline/timeline.cpp",
     "        if (rev <= row->knownBody() || server.deleted)", "        if (server.deleted)"),
    ("a refused message is dropped silently", "sdk/engine/sender.cpp",
     "            m_store.outbox().setFailed(entry.id, code);",
     "            m_store.outbox().erase(entry.id);"),
    ("unread counts start one too early", "sdk/engine/sync.cpp",
     "            room.rec.readOrd = *ord;", "            room.rec.readOrd = ord->previous();"),
    ("nothing is sent again after a reconnect", "sdk/engine/sendqueue.cpp",
     "            setState(entry, SendState::Unknown);\n            changed.push_back(entry.tempId);\n"
     "        }\n    }\n    m_notBefore",
     "            changed.push_back(entry.tempId);\n        }\n    }\n    m_notBefore"),
]


def run(*command, cwd, timeout=3600):
    return subprocess.run(command, cwd=cwd, text=True, capture_output=True, timeout=timeout)


def build(copy):
    done = run("nice", "ninja", "-j2", "-C", "build", "skein-sim", cwd=copy)
    return done.returncode == 0, done.stdout[-2000:]


def first_failure(copy, seeds, messages):
    process = subprocess.Popen(["build/bin/skein-sim", "--seeds", str(seeds), "--messages", str(messages)],
                               cwd=copy, stdout=subprocess.PIPE, text=True)
    seed = why = None
    for line in process.stdout:
        if seed is not None:
            why = line.strip()
            break
        found = re.match(r"FAILED seed (\d+)", line)
        if found:
            seed = int(found.group(1))
    process.kill()
    if seed is None and process.wait() not in (0, -9):
        return 0, "the program ended"
    process.wait()
    return seed, why


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--source", required=True)
    parser.add_argument("--copy", required=True)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--only", help="mutants whose name contains this")
    options = parser.parse_args()
    copy = os.path.abspath(options.copy)
    if not os.path.exists(os.path.join(copy, "CMakeLists.txt")):
        os.makedirs(copy, exist_ok=True)
        archive = subprocess.Popen(["git", "-C", options.source, "archive", "HEAD"], stdout=subprocess.PIPE)
        subprocess.run(["tar", "x"], cwd=copy, stdin=archive.stdout, check=True)
    if not os.path.exists(os.path.join(copy, "build", "build.ninja")):
        done = run("cmake", "--preset", "dev", "-B", "build", "-DSKEIN_QT=OFF", "-DSKEIN_BENCH=OFF",
                   "-DSKEIN_WERROR=OFF", cwd=copy)
        if done.returncode != 0:
            print(done.stdout, done.stderr)
            return 1
    good, output = build(copy)
    if not good:
        print(output)
        return 1
    seed, why = first_failure(copy, options.seeds, options.messages)
    if seed is not None:
        print(f"without a mutant seed {seed} fails: {why}")
        return 1
    survived = 0
    for name, path, old, new in MUTANTS:
        if options.only and options.only not in name:
            continue
        file = os.path.join(copy, path)
        with open(file, encoding="utf-8") as source:
            original = source.read()
        if original.count(old) != 1:
            print(f"NOT PLANTED  {name}: {path} has changed", flush=True)
            survived += 1
            continue
        try:
            with open(file, "w", encoding="utf-8") as source:
                source.write(original.replace(old, new))
            good, output = build(copy)
            if not good:
                print(f"NOT BUILT    {name}\n{output}", flush=True)
                survived += 1
                continue
            seed, why = first_failure(copy, options.seeds, options.messages)
            if seed is None:
                print(f"SURVIVED     {name}", flush=True)
                survived += 1
            else:
                print(f"{seed:4d} seeds   {name}: {why[:120]}", flush=True)
        finally:
            with open(file, "w", encoding="utf-8") as source:
                source.write(original)
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
