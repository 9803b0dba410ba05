#include "server/storage/sqlite/rowcodec.h"

#include "core/random.h"

#include <array>
#include <charconv>

namespace skein::server::sqlite
{
namespace
{

using protocol::Event;

constexpr std::size_t kPackedUuidBytes = 16;

enum Tag : unsigned char {
    kReplyTo = 1,
    kThread,
    kMention,
    kAttachment,
    kReaction,
    kMember,
    kRole,
    kName,
    kTopic,
    kArchived,
};

void putNumber(std::string& out, std::uint64_t value)
{
    while (value >= 0x80) {
        out += static_cast<char>(0x80 | (value & 0x7F));
        value >>= 7;
    }
    out += static_cast<char>(value);
}

void putText(std::string& out, std::string_view text)
{
    putNumber(out, text.size());
    out += text;
}

void putField(std::string& out, Tag tag, std::string_view payload)
{
    out += static_cast<char>(tag);
    putText(out, payload);
}

void putField(std::string& out, Tag tag, std::uint64_t value)
{
    std::string payload;
    putNumber(payload, value);
    putField(out, tag, payload);
}

/// Reads from bytes that may be damaged: every read is checked, a failed one leaves `ok` false.
struct Source {
    std::string_view rest;
    bool ok = true;

    std::uint64_t number()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 63; shift += 7) {
            if (rest.empty())
                break;
            const auto byte = static_cast<unsigned char>(rest.front());
            rest.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7Fu} << shift;
            if (byte < 0x80)
                return value;
        }
        ok = false;
        return 0;
    }
    std::string_view text()
    {
        const std::uint64_t length = number();
        if (!ok || length > rest.size()) {
            ok = false;
            return {};
        }
        const std::string_view result = rest.substr(0, length);
        rest.remove_prefix(length);
        return result;
    }
};

std::string packAttachment(const protocol::Attachment& file)
{
    std::string out;
    putText(out, file.id);
    putText(out, file.name);
    putText(out, file.mime);
    putNumber(out, static_cast<std::uint64_t>(file.size));
    putNumber(out, file.width ? static_cast<std::uint64_t>(*file.width) + 1 : 0);
    putNumber(out, file.height ? static_cast<std::uint64_t>(*file.height) + 1 : 0);
    return out;
}

protocol::Attachment unpackAttachment(Source& in)
{
    protocol::Attachment file;
    file.id = in.text();
    file.name = in.text();
    file.mime = in.text();
    file.size = static_cast<std::int64_t>(in.number());
    if (const std::uint64_t width = in.number())
        file.width = static_cast<std::int64_t>(width - 1);
    if (const std::uint64_t height = in.number())
        file.height = static_cast<std::int64_t>(height - 1);
    return file;
}

/// False when the field's own bytes are damaged; then it is left out.
bool apply(Event& event, unsigned char tag, Source in)
{
    switch (tag) {
    case kReplyTo:
        if (const std::uint64_t seq = in.number(); in.ok)
            event.replyTo = Seq(static_cast<std::int64_t>(seq));
        break;
    case kThread:
        if (const std::uint64_t seq = in.number(); in.ok)
            event.thread = Seq(static_cast<std::int64_t>(seq));
        break;
    case kMention:
        event.mentions.emplace_back(in.rest);
        break;
    case kAttachment:
        if (auto file = unpackAttachment(in); in.ok)
            event.attachments.push_back(std::move(file));
        break;
    case kReaction: {
        protocol::Reaction reaction;
        reaction.key = in.text();
        while (in.ok && !in.rest.empty())
            reaction.users.emplace_back(in.text());
        if (in.ok)
            event.reactions.push_back(std::move(reaction));
        break;
    }
    case kMember:
        event.member = UserId(in.rest);
        break;
    case kRole:
        if (const std::uint64_t role = in.number(); in.ok)
            event.role = static_cast<protocol::Role>(std::min<std::uint64_t>(role, 2));
        break;
    case kName:
        event.name = std::string(in.rest);
        break;
    case kTopic:
        event.topic = std::string(in.rest);
        break;
    case kArchived:
        if (const std::uint64_t archived = in.number(); in.ok)
            event.archived = archived != 0;
        break;
    default:
        break;
    }
    return in.ok;
}

int hexDigit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

} // namespace

std::int64_t flagsOf(const Event& event) noexcept
{
    std::int64_t flags = 0;
    if (event.edited)
        flags |= kEdited;
    if (event.deleted)
        flags |= kDeleted;
    if (event.pinned)
        flags |= kPinned;
    return flags;
}

void setFlags(Event& event, std::int64_t flags) noexcept
{
    event.edited = flags & kEdited;
    event.deleted = flags & kDeleted;
    event.pinned = flags & kPinned;
}

std::string packTemp(const TempId& temp)
{
    const std::string& text = temp.str();
    if (!isUuidV7(text))
        return std::string(kPackedUuidBytes + 1, '\0') + text;
    std::string out;
    out.reserve(kPackedUuidBytes);
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == '-') {
            ++i;
            continue;
        }
        out += static_cast<char>(hexDigit(text[i]) << 4 | hexDigit(text[i + 1]));
        i += 2;
    }
    return out;
}

TempId unpackTemp(std::string_view bytes)
{
    if (bytes.empty())
        return {};
    if (bytes.size() > kPackedUuidBytes)
        return TempId(bytes.substr(kPackedUuidBytes + 1));
    constexpr char kHex[] = "0123456789abcdef";
    std::array<char, 2 * kPackedUuidBytes + 4> text{};
    std::size_t size = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[size++] = '-';
        const auto byte = static_cast<unsigned char>(bytes[i]);
        text[size++] = kHex[byte >> 4];
        text[size++] = kHex[byte & 15];
    }
    return TempId(std::string_view(text.data(), size));
}

std::string packExtra(const Event& event)
{
    std::string out;
    if (event.replyTo)
        putField(out, kReplyTo, static_cast<std::uint64_t>(event.replyTo->value()));
    if (event.thread)
        putField(out, kThread, static_cast<std::uint64_t>(event.thread->value()));
    for (const auto& user : event.mentions)
        putField(out, kMention, user.str());
    for (const auto& file : event.attachments)
        putField(out, kAttachment, packAttachment(file));
    for (const auto& reaction : event.reactions) {
        std::string payload;
        putText(payload, reaction.key);
        for (const auto& user : reaction.users)
            putText(payload, user.str());
        putField(out, kReaction, payload);
    }
    if (event.member)
        putField(out, kMember, event.member->str());
    if (event.role)
        putField(out, kRole, static_cast<std::uint64_t>(*event.role));
    if (event.name)
        putField(out, kName, *event.name);
    if (event.topic)
        putField(out, kTopic, *event.topic);
    if (event.archived)
        putField(out, kArchived, *event.archived ? 1u : 0u);
    return out;
}

bool unpackExtra(std::string_view bytes, Event& event)
{
    Source in{bytes};
    while (in.ok && !in.rest.empty()) {
        const auto tag = static_cast<unsigned char>(in.rest.front());
        in.rest.remove_prefix(1);
        const std::string_view payload = in.text();
        in.ok = in.ok && apply(event, tag, Source{payload});
    }
    return in.ok;
}

EventId eventIdOf(std::int64_t room, Epoch epoch, Seq seq)
{
    constexpr std::size_t kDigits = 16; // of 64 bits
    std::string text;
    text.reserve(3 * kDigits + 2);
    for (const std::int64_t number : {room, epoch.value(), seq.value()}) {
        std::array<char, kDigits> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                       static_cast<std::uint64_t>(number), 16)
                             .ptr;
        if (!text.empty())
            text += '-';
        text.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
    }
    return EventId(std::move(text));
}

Event readEvent(const Stmt& row, std::int64_t room, const RoomId& roomId, Epoch epoch)
{
    Event event;
    event.room = roomId;
    event.seq = Seq(row.integer(0));
    event.ord = Ord(row.integer(1));
    event.rev = Rev(row.integer(2));
    event.sender = UserId(row.view(3));
    event.ts = row.integer(4);
    event.kind = static_cast<protocol::Kind>(row.integer(5));
    setFlags(event, row.integer(6));
    if (!row.isNull(7))
        event.target = Seq(row.integer(7));
    event.tempId = unpackTemp(row.view(8));
    event.body = row.string(9);
    unpackExtra(row.view(10), event);
    event.id = eventIdOf(room, epoch, event.seq);
    return event;
}

} // namespace skein::server::sqlite
