#include "server/storage/storage.h"

namespace skein::server
{
namespace
{

constexpr std::size_t kPreviewCharacters = 140;
/// Names of fields, numbers and identifiers of an event without its lists and body.
constexpr std::size_t kEventOverheadBytes = 420;
constexpr std::size_t kListEntryBytes = 40;

} // namespace

namespace
{

/// The end of a text, at most `charactersMax` characters.
std::string_view endOf(std::string_view text, std::size_t charactersMax)
{
    std::size_t from = text.size();
    for (std::size_t count = 0; from > 0 && count < charactersMax; ++count) {
        do
            --from;
        while (from > 0 && (static_cast<unsigned char>(text[from]) & 0xc0) == 0x80);
    }
    return text.substr(from);
}

} // namespace

std::optional<DraftRow> mergedDraft(const DraftRow& stored, bool sameDevice, const DraftOp& op)
{
    const bool seen = stored.rev == 0 || sameDevice || op.base == Rev(stored.rev);
    const bool lost = !seen && op.text.find(stored.text) == std::string::npos;
    if (lost && op.text.empty())
        return std::nullopt;
    DraftRow next;
    next.room = op.room;
    next.text = op.text;
    next.replyTo = op.replyTo;
    next.ts = op.ts;
    // Only what was seen is dropped.
    if (!(op.dropOther && op.base == Rev(stored.rev)))
        next.other = stored.other;
    if (lost && next.other.find(stored.text) == std::string::npos) {
        if (!next.other.empty())
            next.other += "\n\n";
        next.other += stored.text;
        next.other = std::string(endOf(next.other, protocol::kBodyCharactersMax));
    }
    return next;
}

std::string previewText(std::string_view body)
{
    std::string text;
    std::size_t characters = 0;
    bool space = false;
    for (std::size_t i = 0; i < body.size() && characters < kPreviewCharacters;) {
        const auto byte = static_cast<unsigned char>(body[i]);
        std::size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
        length = std::min(length, body.size() - i);
        if (byte <= 0x20 || byte == 0x7F) {
            space = !text.empty();
        } else {
            if (space) {
                if (characters + 1 == kPreviewCharacters)
                    break; // the space would be the last one
                text += ' ';
                ++characters;
                space = false;
            }
            text.append(body, i, length);
            ++characters;
        }
        i += length;
    }
    return text;
}

bool applyToLast(LastMessage& last, const protocol::Event& event, UserKey sender)
{
    using protocol::Kind;
    if (protocol::isMessage(event.kind)) {
        if (event.seq <= last.seq)
            return false;
        last = {event.seq, sender, event.kind, previewText(event.body), event.ts};
        return true;
    }
    if (!event.target || *event.target != last.seq)
        return false;
    if (event.kind == Kind::Edit)
        last.text = previewText(event.body);
    else if (event.kind == Kind::Delete)
        last.text.clear();
    else
        return false;
    return true;
}

std::size_t jsonBytes(std::string_view text) noexcept
{
    std::size_t bytes = text.size();
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20)
            bytes += 5;
        else if (byte == '"' || byte == '\\')
            bytes += 1;
    }
    return bytes;
}

std::size_t wireBytes(const protocol::Event& event) noexcept
{
    std::size_t bytes = kEventOverheadBytes + jsonBytes(event.body);
    for (const auto& user : event.mentions)
        bytes += user.str().size() + 4;
    for (const auto& file : event.attachments)
        bytes +=
            jsonBytes(file.id) + jsonBytes(file.name) + jsonBytes(file.mime) + 3 * kListEntryBytes;
    for (const auto& reaction : event.reactions) {
        bytes += jsonBytes(reaction.key) + kListEntryBytes;
        for (const auto& user : reaction.users)
            bytes += user.str().size() + 4;
    }
    if (event.name)
        bytes += jsonBytes(*event.name);
    if (event.topic)
        bytes += jsonBytes(*event.topic);
    return bytes;
}

} // namespace skein::server
