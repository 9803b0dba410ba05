// A hostile database file, of the device and of the server: opened, read, written and, where it is
// damaged, recovered. Nothing may crash, hang or read beyond; what is told is an error or rows.
//
// Input: one byte (bit 0: server's instead of device's; bit 1: the rest IS the file instead of
// changes of a sound one), then changes: three bytes where, one byte how many, the bytes.
#include "core/random.h"
#include "offline/reader.h"
#include "offline/store.h"
#include "protocol/codec.h"
#include "server/storage/sqlite/store.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

namespace
{

namespace fs = std::filesystem;
using namespace skein;

constexpr std::size_t kRawBytesMax = 256 * 1024;

void require(bool claim, const char* what)
{
    if (claim)
        return;
    std::fprintf(stderr, "fuzz_database: %s\n", what);
    std::abort();
}

std::string contentOf(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

protocol::Event eventAt(std::int64_t seq)
{
    protocol::Event event;
    event.room = RoomId("room1");
    event.seq = Seq(seq);
    event.ord = Ord(seq);
    event.rev = Rev(seq);
    event.id = EventId("e" + std::to_string(seq));
    event.sender = UserId(seq % 2 ? "u_her" : "u_me");
    event.ts = 1'700'000'000'000 + seq;
    event.body = "message " + std::to_string(seq);
    if (seq % 3 == 0)
        event.reactions = {{"+1", {UserId("u_her"), UserId("u_me")}}};
    if (seq % 5 == 0)
        event.replyTo = Seq(seq - 1);
    if (seq % 7 == 0)
        event.attachments = {{"a1", "a.png", "image/png", 10, 20, 30}};
    return event;
}

/// A folder that is gone with the process, on a disk in memory where there is one.
struct Folder {
    Folder()
    {
        const fs::path base =
            ::access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm") : fs::temp_directory_path();
        std::string pattern = (base / "skein-fuzz-XXXXXX").string();
        require(::mkdtemp(pattern.data()) != nullptr, "no folder");
        path = pattern;
    }
    ~Folder()
    {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    fs::path path;
};

std::string deviceFile(const fs::path& folder)
{
    const fs::path path = folder / "base.db";
    {
        auto opened = offline::Store::open({path.string(), {}, false, false, 0});
        require(opened.has_value(), "the sound file cannot be made");
        offline::Store& store = **opened;
        store.setSelf(UserId("u_me"));
        auto transaction = store.begin(offline::Durability::User);
        offline::RoomRecord room;
        room.row.room = RoomId("room1");
        store.rooms().insert(room);
        for (std::int64_t seq = 1; seq <= 40; ++seq)
            (void)store.timeline().applyMessage(room.key, eventAt(seq));
        offline::SpanSet spans;
        spans.add({Seq(1), Seq(20), Seq(40)});
        spans.add({Seq(25), Seq(40), Seq(40)});
        store.timeline().setSpans(room.key, spans);
        room.row.head = room.synced = Seq(40);
        room.row.headOrd = Ord(40);
        store.rooms().save(room);
        SeededRandom random(1);
        protocol::MessageSend send;
        send.room = room.row.room;
        send.tempId = makeTempId({1'700'000'000'000}, random);
        send.body = "unsent";
        offline::OutboxEntry entry;
        entry.tempId = send.tempId;
        entry.room = room.key;
        entry.payload = protocol::encode(protocol::ClientFrame(send));
        const std::int64_t id = store.outbox().add(entry);
        store.outbox().setRow(id, store.timeline().insertUnsent(room.key, id, send, 1));
        store.drafts().set(room.key, "draft", 1);
        store.setFact(offline::Store::kUser, "u_me");
        require(transaction.commit().has_value(), "the sound file cannot be filled");
    }
    return contentOf(path);
}

server::SqliteOptions inlineIn(const fs::path& folder)
{
    server::SqliteOptions options;
    options.directory = folder.string();
    options.threading = server::SqliteOptions::Threading::Inline;
    return options;
}

server::LogOp message(server::RoomKey room, server::UserKey sender, SeededRandom& random)
{
    server::LogOp op;
    op.room = room;
    op.sender = sender;
    op.device = DeviceId("d1");
    op.event.room = RoomId("r1");
    op.event.sender = UserId("u1");
    op.event.tempId = makeTempId({1'700'000'000'000}, random);
    op.event.ts = 7;
    op.event.body = "message";
    return op;
}

std::string serverFile(const fs::path& folder)
{
    {
        auto opened = server::SqliteStorage::open(inlineIn(folder / "server"));
        require(opened.has_value(), "the server's sound file cannot be made");
        server::SqliteStorage& storage = **opened;
        SeededRandom random(1);
        server::UserRow ana;
        server::RoomKey key = 0;
        storage.createUser({UserId("u1"), "ana", "Ana", "h", 1},
                           [&](Result<server::UserRow> row) { ana = *row; });
        storage.pump();
        server::CreateRoomOp room;
        room.id = RoomId("r1");
        room.creator = ana.key;
        room.creatorId = ana.id;
        room.device = DeviceId("d1");
        room.tempId = makeTempId({1'700'000'000'000}, random);
        room.name = "Room";
        storage.createRoom(room, [&](Result<server::RoomMade> made) { key = made->room.key; });
        storage.pump();
        for (int i = 0; i < 20; ++i)
            storage.append(message(key, ana.key, random), {});
        server::LogOp reaction = message(key, ana.key, random);
        reaction.event.kind = protocol::Kind::Reaction;
        reaction.event.target = Seq(3);
        reaction.reactionKey = "+1";
        storage.append(reaction, {});
        storage.createSession({SessionId("s1"), ana.key, DeviceId("d1"), "x", "hash", 5, 9}, {});
        storage.pump();
    }
    return contentOf(folder / "server" / "skein.db");
}

void useDevice(const fs::path& path)
{
    const offline::StoreOptions options{path.string(), {}, false, false, 20'000};
    auto opened = offline::Store::open(options);
    if (!opened && opened.error().code == ErrorCode::StorageCorrupt) {
        auto recovered = offline::Store::recover(options, {1});
        if (!recovered)
            return;
        require(fs::exists(recovered->keptAs), "the damaged file was not kept");
        opened = std::move(recovered->store);
    }
    if (!opened)
        return;
    offline::Store& store = **opened;
    for (const offline::RoomRecord& room : store.rooms().load()) {
        for (const offline::OutboxEntry& entry : store.outbox().list()) {
            (void)store.outbox().payload(entry.id);
            (void)store.timeline().place(entry.tid);
            (void)store.timeline().row(entry.tid, {room.key, room.row.room, {}, {}});
        }
        (void)store.timeline().spans(room.key).gaps(room.row.head);
        (void)store.timeline().ordAt(room.key, room.row.read);
        (void)store.takeError();
        auto transaction = store.begin(offline::Durability::Cache);
        offline::RoomRecord changed = room;
        changed.countUnread();
        (void)store.timeline().applyMessage(room.key, eventAt(41));
        protocol::Event edit = eventAt(42);
        edit.kind = protocol::Kind::Edit;
        edit.target = Seq(5);
        (void)store.timeline().applyMutation(room.key, edit);
        store.rooms().save(changed);
        (void)transaction.commit();
    }
    const auto reader = offline::Reader::open(path.string());
    if (!reader)
        return;
    const RoomId room("room1");
    (void)(*reader)->rooms(0, 100);
    (void)(*reader)->counts(room);
    (void)(*reader)->draft(room);
    (void)(*reader)->around(room, Seq(10), 20);
    if (const auto page = (*reader)->newest(room, 30); page && !page->rows.empty()) {
        (void)(*reader)->before(room, page->rows.back().position, 30);
        (void)(*reader)->after(room, page->rows.back().position, 30);
    }
}

void useServer(const fs::path& folder)
{
    auto opened = server::SqliteStorage::open(inlineIn(folder));
    if (!opened)
        return;
    server::SqliteStorage& storage = **opened;
    const auto all = storage.load();
    if (!all)
        return;
    SeededRandom random(2);
    const server::UserKey user = all->users.empty() ? 1 : all->users.front().key;
    for (const server::RoomRow& room : all->rooms) {
        storage.readLog({{room.key, Seq(), 200, 1'000}}, 100'000, {});
        storage.readHistory({room.key, protocol::HistoryRequest::Anchor::Around, Seq(5), 10},
                            100'000, {});
        storage.revalidate({room.key, Seq(1), room.head, Seq(), 50}, 100'000, {});
        storage.append(message(room.key, user, random), {});
        server::LogOp edit = message(room.key, user, random);
        edit.event.kind = protocol::Kind::Edit;
        edit.event.target = Seq(3);
        storage.append(edit, {});
        storage.setPositions({{{room.key, user, Seq(9), Seq(9)}}}, {});
    }
    storage.findCredentials("ana", {});
    storage.rotateSession({"hash", "hash2", 6, 10}, {});
    while (storage.pump()) {
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 1)
        return 0;
    static const Folder folder;
    static const std::string device = deviceFile(folder.path);
    static const std::string server = serverFile(folder.path);
    const bool ofServer = (data[0] & 1) != 0;
    std::string file = ofServer ? server : device;
    if ((data[0] & 2) != 0) {
        file.assign(reinterpret_cast<const char*>(data) + 1, std::min(size - 1, kRawBytesMax));
    } else {
        for (std::size_t at = 1; at + 4 <= size;) {
            const std::size_t where =
                (std::size_t{data[at]} << 16 | std::size_t{data[at + 1]} << 8 | data[at + 2]) %
                file.size();
            const std::size_t many =
                std::min({std::size_t{data[at + 3]}, size - at - 4, file.size() - where});
            file.replace(where, many, reinterpret_cast<const char*>(data) + at + 4, many);
            at += 4 + many;
        }
    }
    const fs::path place = folder.path / "run";
    fs::remove_all(place);
    fs::create_directory(place);
    const fs::path path = place / (ofServer ? "skein.db" : "store.db");
    std::ofstream(path, std::ios::binary) << file;
    if (ofServer)
        useServer(place);
    else
        useDevice(path);
    return 0;
}
