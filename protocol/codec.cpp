#include "protocol/codec.h"

#include "protocol/detail/reader.h"
#include "protocol/detail/writer.h"

#include <utility>

namespace skein::protocol
{
namespace detail
{
namespace
{

Error badField(std::string path)
{
    return makeError(ErrorCode::BadField, std::move(path));
}

template <class F>
bool goesBy(std::string_view type)
{
    if constexpr (std::same_as<F, LogEntry>)
        return type == kMessageNew || type == kEvent;
    else if constexpr (std::same_as<F, UnknownFrame>)
        return true; // stands last
    else
        return type == kTypeName<F>;
}

RequestId requestOf(const Document& document)
{
    for (std::uint32_t i = 1; i < document[0].end; i = document[i].end) {
        const Node& node = document[i];
        if (node.key == "req" && node.type == Node::Type::String &&
            node.text.size() <= kIdBytesMax && hasNoControls(node.text)) {
            return RequestId(node.text);
        }
    }
    return {};
}

template <class Frame, class F>
Result<Frame> decodeAs(ReadContext& context, std::string_view type)
{
    Frame frame{std::in_place_type<F>};
    F& value = *std::get_if<F>(&frame);
    if constexpr (std::same_as<F, UnknownFrame>) {
        // Nothing of it is checked: `req` may mean something else there.
        value.type = type;
        value.req = requestOf(context.document);
        return frame;
    }
    Reader reader(context, 0);
    describe(reader, value);
    reader.check(value);
    if (reader.failed())
        return fail(badField(std::move(context.path)));
    if constexpr (std::same_as<F, LogEntry>) {
        // A kind that is not known here may come under either name.
        if (value.event.kind != Kind::Unknown && type != typeOf(value))
            return fail(badField("kind"));
    }
    return frame;
}

/// True when F is what `type` names: decoded then, well or not.
template <class Frame, class F>
bool decodedAs(Result<Frame>& result, ReadContext& context, std::string_view type)
{
    if (!goesBy<F>(type))
        return false;
    result = decodeAs<Frame, F>(context, type);
    return true;
}

template <class Frame>
struct Alternatives;
template <class... F>
struct Alternatives<std::variant<F...>> {
    using Frame = std::variant<F...>;
    static Result<Frame> decode(ReadContext& context, std::string_view type)
    {
        Result<Frame> result = fail(ErrorCode::UnknownType);
        (void)(decodedAs<Frame, F>(result, context, type) || ...);
        return result;
    }
};

template <class Frame>
Result<Frame> decodeFrame(std::string_view text, std::size_t bytesMax, bool isLenient)
{
    if (text.size() > bytesMax)
        return fail(ErrorCode::FrameTooLarge, std::to_string(text.size()) + " bytes");
    Document document;
    const std::string_view problem = document.parse(text);
    if (!problem.empty())
        return fail(ErrorCode::BadFrame, std::string(problem));
    if (document[0].type != Node::Type::Object)
        return fail(ErrorCode::BadFrame, "not an object");

    for (std::uint32_t i = 1; i < document[0].end; i = document[i].end) {
        const Node& node = document[i];
        if (node.key != "type")
            continue;
        if (node.type != Node::Type::String || node.text.empty() ||
            node.text.size() > kTypeBytesMax || !hasNoControls(node.text)) {
            break;
        }
        ReadContext context{document, isLenient, {}};
        return Alternatives<Frame>::decode(context, node.text);
    }
    return fail(badField("type"));
}

template <class Frame>
std::string encodeFrame(const Frame& frame)
{
    return std::visit(
        [](const auto& value) {
            Buffer out;
            out.append("{\"type\":");
            appendJsonString(out, typeOf(value));
            Writer writer(out, false);
            describe(writer, value);
            out.append('}');
            return out.str();
        },
        frame);
}

template <class Frame>
std::string_view typeOfFrame(const Frame& frame)
{
    return std::visit([](const auto& value) { return typeOf(value); }, frame);
}

} // namespace
} // namespace detail

Result<ClientFrame> decodeClientFrame(std::string_view text)
{
    return detail::decodeFrame<ClientFrame>(text, kClientFrameBytesMax, false);
}

Result<ServerFrame> decodeServerFrame(std::string_view text)
{
    return detail::decodeFrame<ServerFrame>(text, kServerFrameBytesMax, true);
}

std::string encode(const ClientFrame& frame)
{
    return detail::encodeFrame(frame);
}

std::string encode(const ServerFrame& frame)
{
    return detail::encodeFrame(frame);
}

std::string encodeEvent(const Event& event)
{
    detail::Buffer out;
    out.append('{');
    detail::Writer writer(out, true);
    detail::describe(writer, event);
    out.append('}');
    return out.str();
}

Result<Event> decodeEvent(std::string_view text)
{
    if (text.size() > kServerFrameBytesMax)
        return fail(ErrorCode::FrameTooLarge, std::to_string(text.size()) + " bytes");
    detail::Document document;
    const std::string_view problem = document.parse(text);
    if (!problem.empty())
        return fail(ErrorCode::BadFrame, std::string(problem));
    if (document[0].type != detail::Node::Type::Object)
        return fail(ErrorCode::BadFrame, "not an object");
    detail::ReadContext context{document, true, {}};
    detail::Reader reader(context, 0);
    Event event;
    detail::describe(reader, event);
    reader.check(event);
    if (reader.failed())
        return fail(detail::badField(std::move(context.path)));
    return event;
}

std::string_view frameType(const ClientFrame& frame)
{
    return detail::typeOfFrame(frame);
}

std::string_view frameType(const ServerFrame& frame)
{
    return detail::typeOfFrame(frame);
}

} // namespace skein::protocol
