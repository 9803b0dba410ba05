#!/usr/bin/env python3
"""Plants mistakes in the client and the server and says how many seeds the simulation takes to see each.

    mutants.py generate --source DIR --out DIR          the changed sources, every mistake behind a switch
    mutants.py check --source DIR                       does each mistake find its place?
    mutants.py run --program skein-sim-mutants          all of them
    mutants.py run --program … --few 8 --commit HASH    a few, others with each commit

One program holds all mistakes; SKEIN_MUTANT=N turns on the one with that number (mutant.cpp). So a mistake costs no
build. `generate` leaves out what it finds no place for, since somebody who changes the code must still be able to
build; `run` then calls that mistake not planted and fails. Exit code 1: one survived, or is not planted, or the
program fails without any. The last line is JSON.
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time

# name, file, what stands there (once), what stands there with the mistake. In the latter MUTANT is true when it is on.
# A pair of texts that are statements or expressions as a whole is joined by statement() and expression().


def statement(old, new):
    return old, f"if (MUTANT) {{ {new} }} else {{ {old} }}"


def expression(old, new):
    return old, f"(MUTANT ? ({new}) : ({old}))"


def before(old, new):
    return old, f"if (MUTANT) {{ {new} }}\n{old}"


MUTANTS = [
    # ---- the server ----
    ("a commit that failed is confirmed", "server/storage/sqlite/store.cpp",
     *statement('result = fail(*fault, "injected");', "result = Result<void>();")),
    ("what is confirmed is not synced", "server/storage/sqlite/store.cpp",
     *before('    if (threaded())\n        m_writeDb.exec("PRAGMA wal_autocheckpoint=0");',
             'm_writeDb.exec("PRAGMA synchronous=OFF");')),
    ("a repeat is stored again", "server/storage/sqlite/writer.cpp",
     *statement("m_insertOp.bindBlob(temp).bind(device).bind(op.room).bind(event.seq.value()).run();",
                "const std::string other = temp + std::to_string(event.seq.value());"
                "m_insertOp.bindBlob(other).bind(device).bind(op.room).bind(event.seq.value()).run();")),
    ("a repeat is confirmed as another entry", "server/storage/sqlite/writer.cpp",
     *statement("logged.event.seq = seq;", "logged.event.seq = seq.next();")),
    ("the server's cursor is one too far", "server/storage/sqlite/reader.cpp",
     *statement("rows.bind(range.room).bind(range.since.value());",
                "rows.bind(range.room).bind(range.since.value() + 1);")),
    ("read positions never reach the disk", "server/storage/sqlite/writer.cpp",
     *statement("m_putPosition.bind(mark.room).bind(mark.user).run();",
                "m_putPosition.bind(mark.room).bind(0).run();")),
    ("who leaves stays subscribed", "server/service/rooms.cpp",
     "    for (Connection* conn : user->connections)\n        unsubscribe(*conn, room);",
     "    for (Connection* conn : user->connections)\n        if (!MUTANT)\n            unsubscribe(*conn, room);"),
    ("whoever was removed while away opens the room at the next hello", "server/service/session.cpp",
     *expression("memberRoom(conn, cursor.room)", "m_directory.room(cursor.room)")),
    ("a pong names rooms that were left", "server/service/session.cpp",
     *expression("room && room->member(conn.user->row.key)", "room != nullptr")),
    ("a token is good after its device was revoked", "server/service/session.cpp",
     "    if (const auto end = ended(claims->session))\n        return refused",
     "    if (const auto end = ended(claims->session); end && !MUTANT)\n        return refused"),
    ("the server takes more than it advertises", "server/service/service.cpp",
     *expression("tokens.take(now)", "true")),
    ("what is delivered never reaches the disk", "server/service/positions.cpp",
     *statement("mark.delivered = std::max(mark.delivered, delivered);", "(void)delivered;")),
    ("a slow reader is not told what was dropped", "server/service/service.cpp",
     "    if (!conn || !conn->user)\n        return;\n    for (const RoomId& roomId : rooms) {",
     "    if (!conn || !conn->user || MUTANT)\n        return;\n    for (const RoomId& roomId : rooms) {"),
    ("an own reading is not told to the other devices", "server/service/positions.cpp",
     *expression("member.user->connections.empty()", "true")),
    ("a missing parent does not hold a message back", "server/storage/sqlite/writer.cpp",
     "    if (op.prev.empty())\n        return {};\n    const std::string temp = packTemp(op.prev);",
     "    if (op.prev.empty() || MUTANT)\n        return {};\n    const std::string temp = packTemp(op.prev);"),
    ("a restored server begins no new generation", "server/storage/sqlite/store.cpp",
     *expression("m_options.newGeneration > 0", "false")),
    # ---- the client's outbox ----
    ("the client forgets its key and sends under a new one", "sdk/engine/sender.cpp",
     "            if constexpr (requires { it.prev; })\n",
     "            if constexpr (requires { it.prev; })\n"
     "                if (MUTANT && entry->attempts > 0)\n"
     "                    it.tempId = makeTempId(m_host.clock.wallNow(), m_host.random);\n"
     "            if constexpr (requires { it.prev; })\n"),
    ("a confirmation leaves the outbox as it is", "sdk/engine/sender.cpp",
     *statement("m_store.outbox().erase(entry.id);\n        m_forgetOnCommit.push_back(frame.tempId);",
                "m_forgetOnCommit.push_back(frame.tempId);")),
    ("a refused message is kept silently", "sdk/engine/sender.cpp",
     *before("    const bool message = entry.op == offline::Op::Send && room;\n    std::vector<TempId> gone;",
             "queue.requeue(entry.tempId, now() + Milliseconds(86'400'000)); return;")),
    ("what the rate holds back is never let go", "sdk/engine/sender.cpp",
     *statement("m_slowedUntil = m_limiter.readyAt(FrameClass::Messages, at);",
                "queue.requeue(entry->tempId, at + Milliseconds(86'400'000));")),
    ("what is delivered is not told", "sdk/engine/receipts.cpp",
     *statement("writeFrame(delivered);", "(void)delivered;")),
    ("a refused message is dropped silently", "sdk/engine/sender.cpp",
     *statement("m_store.outbox().setFailed(entry.id, code);", "m_store.outbox().erase(entry.id);")),
    ("nothing is sent again after a reconnect", "sdk/engine/sendqueue.cpp",
     "        if (entry.awaiting()) {\n            setState(entry, SendState::Unknown);",
     "        if (entry.awaiting()) {\n            if (!MUTANT)\n                setState(entry, SendState::Unknown);"),
    ("a lost answer is waited for for ever", "sdk/engine/sendqueue.cpp",
     *expression("deadlineOf(entry) <= now", "false")),
    ("two messages swap places in the queue", "sdk/engine/sendqueue.cpp",
     *statement("m_entries->push_back(std::move(entry));",
                "m_entries->insert(m_entries->empty() ? m_entries->end() : m_entries->end() - 1, std::move(entry));")),
    ("an expired token empties the queue", "sdk/engine/session.cpp",
     *before("        m_tokenRejected = true;\n        // A fresh token",
             "for (auto& [id, room] : m_rooms) room.queue = SendQueue();")),
    ("the outbox is not synced", "offline/store.cpp",
     *before("    if (m_durability == Durability::User)\n        m_store.m_db->exec(\"PRAGMA synchronous = FULL\");",
             "m_durability = Durability::Cache;")),
    ("an old draft stands in the way of a newer one", "sdk/engine/drafts.cpp",
     "[&] { m_store.drafts().save(next); });\n    if (!done)\n        return done;\n    room->draftRefused = false;",
     "[&] { if (!MUTANT || room->draft.text.empty()) m_store.drafts().save(next); });\n    if (!done)\n"
     "        return done;\n    room->draftRefused = false;"),
    ("leaving a room takes what was not sent along", "sdk/engine/roomlist.cpp",
     *before("    // What is unsent stays: the server's word on each entry, or the user, settles it.",
             "(void)transact(offline::Durability::Cache, [&] {"
             "for (const SendEntry& entry : room->queue.entries()) ownEchoed(*room, entry.tempId); });")),
    ("a change of epoch empties the outbox", "sdk/engine/roomlist.cpp",
     *expression("waiting.state == SendState::Acked", "true")),
    ("what a restored server lacks is not sent again", "sdk/engine/roomlist.cpp",
     *expression("kLostResendMax", "std::size_t{0}")),
    # ---- the client's log ----
    ("the client's cursor is one too far", "sdk/engine/sync.cpp",
     *expression("room.log.chain(hi)", "room.log.chain(hi).next()")),
    ("a gap too large is called covered", "sdk/engine/sync.cpp",
     *expression("job.row == 0 ? told.lo : job.done.next()",
                 "job.row == 0 ? room->rec.synced.next() : job.done.next()")),
    ("a change that came before its message is forgotten", "sdk/engine/sync.cpp",
     *expression("effect.changed == 0", "false")),
    ("a page of history claims more than it has", "sdk/engine/history.cpp",
     "spans.add({from, to, std::max(known, Seq())});",
     "spans.add({MUTANT && from.value() > 3 ? Seq(from.value() - 2) : from, to, std::max(known, Seq())});"),
    ("a filtered page extends a span", "sdk/engine/history.cpp",
     *expression("!job.filter.empty()", "false")),
    ("old pages are not asked about again", "sdk/engine/history.cpp",
     *expression("room.revalidateBudget <= 0", "true")),
    ("what a busy server refuses three times is given up", "sdk/engine/dispatch.cpp",
     *expression("mustBeAnswered(request->ask)", "false")),
    ("a head that is heard of is not gone after", "sdk/engine/sync.cpp",
     "    if (room.rec.row.head > room.rec.synced)\n        m_gaps.try_emplace",
     "    if (!MUTANT && room.rec.row.head > room.rec.synced)\n        m_gaps.try_emplace"),
    ("a new epoch is not noticed", "sdk/engine/roomlist.cpp",
     *expression("head.epoch != row.epoch", "false")),
    ("an older reaction wins over a newer one", "offline/timeline.cpp",
     *expression("rev <= row->knownReactions()", "false")),
    ("the removal from a room is not heard", "sdk/engine/dispatch.cpp",
     *statement("removeRoom(f.room);", "(void)f;")),
    # ---- positions, links ----
    ("unread counts start one too early", "sdk/engine/receipts.cpp",
     *statement("room.rec.readOrd = *ord;", "room.rec.readOrd = ord->previous();")),
    ("a read position goes back", "sdk/engine/receipts.cpp",
     *expression("seq <= room->rec.row.read", "false")),
    ("the furthest of the others goes back", "sdk/engine/receipts.cpp",
     *expression("std::max(read, readBefore)", "read == Seq() ? readBefore : read")),
    ("who has a room closed hears of no receipts", "server/service/positions.cpp",
     *expression("!changes(room.readTold, room.read) && !changes(room.deliveredTold, room.delivered)", "true")),
    ("mentions are counted after they were read", "server/service/positions.cpp",
     *statement("std::erase_if(member->mentions, [&](Seq seq) { return seq <= member->read; });", "")),
    ("a mention that was read stays on the badge", "sdk/engine/receipts.cpp",
     *statement("row.mentions = frame.mentions;", "row.mentions = std::max(row.mentions, frame.mentions);")),
    ("a half-open connection is never noticed", "sdk/engine/wakeups.cpp",
     *expression("silence >= m_heartbeatMs + protocol::kHeartbeatGraceMs ||\n"
                 "        (m_probeDeadline && at >= *m_probeDeadline)", "false")),
    ("the wall clock paces the reconnects", "sdk/engine/session.cpp",
     "    m_reconnects.add();\n    const MonoTime at = now();",
     "    m_reconnects.add();\n    const MonoTime at =\n"
     "        MUTANT ? MonoTime{m_host.clock.wallNow().ms - 1'700'000'000'000} : now();"),
    ("a token from before the clock was set back is wrong for good", "server/service/tokens.cpp",
     *statement('return fail(ErrorCode::TokenExpired, "from the future");',
                'return fail(ErrorCode::TokenInvalid, "from the future");')),
    ("who joins is not counted", "sdk/engine/sync.cpp",
     *statement("room.rec.infoDue = std::max(room.rec.infoDue, event.seq);", "")),
]
# A mistake may make a run go on for ever; all seeds of a good one take a fraction of this.
ENDS_WITHIN_S = 1800
MUTANTS = [(i + 1, *mutant) for i, mutant in enumerate(MUTANTS)]


def files():
    return sorted({path for _, _, path, _, _ in MUTANTS})


def plant(source):
    """The changed text of each file, and the numbers of the mistakes that found a place."""
    planted = []
    texts = {}
    for path in files():
        with open(os.path.join(source, path), encoding="utf-8") as file:
            texts[path] = file.read()
    for number, name, path, old, new in MUTANTS:
        if texts[path].count(old) != 1:
            print(f"mutants: no place for '{name}' in {path} ({texts[path].count(old)})")
            continue
        texts[path] = texts[path].replace(old, new.replace("MUTANT", f"::skeinMutant({number})"))
        planted.append(number)
    return texts, planted


def generate(source, out):
    texts, planted = plant(source)
    for path, text in texts.items():
        name = os.path.join(out, path.replace("/", "_"))
        body = f'bool skeinMutant(int number);\n#line 1 "{path}"\n{text}'
        os.makedirs(out, exist_ok=True)
        with open(name, "w", encoding="utf-8") as file:
            file.write(body)
    with open(os.path.join(out, "planted.json"), "w", encoding="utf-8") as file:
        json.dump(planted, file)


def first_failure(program, number, first, seeds, messages):
    environment = dict(os.environ, SKEIN_MUTANT=str(number))
    process = subprocess.Popen([program, "--first", str(first), "--seeds", str(seeds), "--messages", str(messages),
                                "--stop-after", "1", "--hash"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    try:
        output = process.communicate(timeout=ENDS_WITHIN_S)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        done = len(re.findall(r"^seed ", process.communicate()[0], re.M))
        return done + 1, "a run does not end"
    if process.returncode == 0:
        return None, None
    found = re.search(r"FAILED seed (\d+).*\n\s*(.*)", output)
    if found:
        return int(found.group(1)) - first + 1, found.group(2).strip()
    done = len(re.findall(r"^seed ", output, re.M))
    return done + 1, f"the program ended with {process.returncode}"


def run(options):
    with open(os.path.join(options.planted, "planted.json"), encoding="utf-8") as file:
        planted = set(json.load(file))
    chosen = [m for m in MUTANTS if not options.only or options.only in m[1]]
    if options.few:
        # A window over the list that moves with the commit.
        start = int(options.commit[:8] or "0", 16) % len(chosen)
        chosen = [chosen[(start + i) % len(chosen)] for i in range(min(options.few, len(chosen)))]
    seed, why = first_failure(options.program, 0, options.first, min(options.seeds, 20), options.messages)
    if seed is not None:
        print(f"without a mistake seed {options.first + seed - 1} fails: {why}")
        return 1
    begun = time.monotonic()
    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        waiting = [(m, pool.submit(first_failure, options.program, m[0], options.first, options.seeds,
                                   options.messages) if m[0] in planted else None) for m in chosen]
        for (number, name, path, _, _), job in waiting:
            if job is None:
                results.append({"name": name, "file": path, "seeds": None, "why": "not planted"})
                print(f"NOT PLANTED  {name}: {path} has changed", flush=True)
                continue
            seed, why = job.result()
            results.append({"name": name, "file": path, "seeds": seed, "why": why})
            print(f"{seed:4d} seeds   {name}: {why[:110]}" if seed else f"SURVIVED     {name}", flush=True)
    survived = sum(1 for result in results if result["seeds"] is None)
    if options.table:
        with open(options.table, "w", encoding="utf-8") as file:
            file.write("| mistake | file | seeds | seen as |\n|---|---|---|---|\n")
            for result in results:
                why = re.sub(r"[|`]", " ", result["why"] or "")[:80]
                file.write(f"| {result['name']} | `{result['file']}` | {result['seeds'] or '—'} | {why} |\n")
    print(json.dumps({"mutants": len(results), "survived": survived, "seconds": round(time.monotonic() - begun),
                      "seeds": {result["name"]: result["seeds"] for result in results}}))
    return 1 if survived else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["generate", "check", "files", "originals", "run"])
    parser.add_argument("--source", default=".")
    parser.add_argument("--out")
    parser.add_argument("--program")
    parser.add_argument("--planted", help="folder that generate wrote to")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--few", type=int, default=0)
    parser.add_argument("--commit", default="")
    parser.add_argument("--only", help="mistakes whose name contains this")
    parser.add_argument("--table", help="writes a Markdown table there")
    options = parser.parse_args()
    if options.what == "files":
        print(";".join(path.replace("/", "_") for path in files()))
        return 0
    if options.what == "originals":
        print(";".join(files()))
        return 0
    if options.what == "check":
        return 0 if len(plant(options.source)[1]) == len(MUTANTS) else 1
    if options.what == "generate":
        generate(options.source, options.out)
        return 0
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
