// Writes protocol/asyncapi.yaml from the description that the codec runs on.
//   skein_asyncapi             prints it
//   skein_asyncapi --check F   fails where F is something else
#include "protocol/detail/spec.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

namespace
{

using namespace skein::protocol;
using detail::FieldSpec;
using detail::FrameSpec;

class Yaml
{
public:
    void line(int indent, const std::string& text)
    {
        m_out << std::string(static_cast<std::size_t>(indent) * 2, ' ') << text << '\n';
    }
    [[nodiscard]] std::string str() const { return m_out.str(); }

private:
    std::ostringstream m_out;
};

using Parts = std::map<std::string, std::vector<FieldSpec>>;

void collectParts(const std::vector<FieldSpec>& fields, Parts& parts)
{
    for (const FieldSpec& field : fields) {
        if (field.type == FieldSpec::Type::Object)
            parts[field.part] = field.fields;
        collectParts(field.fields, parts);
        collectParts(field.item, parts);
    }
}

void textSchema(Yaml& yaml, int indent, const detail::TextRule& rule)
{
    yaml.line(indent, "type: string");
    if (rule.form == detail::Form::UuidV7) {
        yaml.line(
            indent,
            "pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'");
        return;
    }
    if (rule.min > 0)
        yaml.line(indent, "minLength: " + std::to_string(rule.min));
    // A JSON schema counts characters: a bound in bytes is at most that many.
    yaml.line(indent, "maxLength: " + std::to_string(rule.max));
    if (rule.unit == detail::Unit::Bytes)
        yaml.line(indent, "x-max-bytes: " + std::to_string(rule.max));
    if (rule.form == detail::Form::Identifier)
        yaml.line(indent, R"(pattern: '^[^\u0000-\u001f\u007f]*$')");
}

void integerSchema(Yaml& yaml, int indent, const detail::IntRule& rule)
{
    yaml.line(indent, "type: integer");
    yaml.line(indent, "minimum: " + std::to_string(rule.min));
    yaml.line(indent, "maximum: " + std::to_string(rule.max));
}

void schema(Yaml& yaml, int indent, const FieldSpec& field, bool isFromClient)
{
    switch (field.type) {
    case FieldSpec::Type::Text:
        textSchema(yaml, indent, field.text);
        break;
    case FieldSpec::Type::Integer:
        integerSchema(yaml, indent, field.integer);
        break;
    case FieldSpec::Type::Boolean:
        yaml.line(indent, "type: boolean");
        break;
    case FieldSpec::Type::Name:
        yaml.line(indent, "type: string");
        // A client must take names that are newer than itself.
        yaml.line(indent, isFromClient ? "enum:" : "x-known-values:");
        for (const std::string& name : field.names)
            yaml.line(indent + 1, "- " + name);
        break;
    case FieldSpec::Type::List:
        yaml.line(indent, "type: array");
        if (field.min > 0)
            yaml.line(indent, "minItems: " + std::to_string(field.min));
        yaml.line(indent, "maxItems: " + std::to_string(field.max));
        yaml.line(indent, "items:");
        schema(yaml, indent + 1, field.item.front(), isFromClient);
        break;
    case FieldSpec::Type::Object:
        yaml.line(indent, "$ref: '#/components/schemas/" + field.part + "'");
        break;
    case FieldSpec::Type::Versions:
        yaml.line(indent, "type: array");
        yaml.line(indent, "minItems: 2");
        yaml.line(indent, "maxItems: 2");
        yaml.line(indent, "items:");
        integerSchema(yaml, indent + 1, detail::kPosition);
        break;
    case FieldSpec::Type::Heads:
        yaml.line(indent, "type: object");
        yaml.line(indent, "maxProperties: " + std::to_string(field.max));
        yaml.line(indent, "additionalProperties:");
        integerSchema(yaml, indent + 1, detail::kCount);
        break;
    }
    if (field.need == FieldSpec::Need::Defaulted && field.type != FieldSpec::Type::Object)
        yaml.line(indent, "default: " + field.byDefault);
}

void objectSchema(Yaml& yaml, int indent, const std::vector<FieldSpec>& fields,
                  const FrameSpec* frame)
{
    yaml.line(indent, "type: object");
    std::vector<std::string> required;
    if (frame != nullptr)
        required.emplace_back("type");
    bool hasChoice = false;
    for (const FieldSpec& field : fields) {
        if (field.need == FieldSpec::Need::Required)
            required.push_back(field.name);
        hasChoice |= field.need == FieldSpec::Need::OneOf;
    }
    if (!required.empty())
        yaml.line(indent, "required:");
    for (const std::string& name : required)
        yaml.line(indent + 1, "- " + name);
    if (hasChoice) {
        yaml.line(indent, "oneOf:");
        for (const FieldSpec& field : fields) {
            if (field.need == FieldSpec::Need::OneOf)
                yaml.line(indent + 1, "- required: [" + field.name + "]");
        }
    }
    yaml.line(indent, "properties:");
    if (frame != nullptr) {
        yaml.line(indent + 1, "type:");
        yaml.line(indent + 2, "const: " + frame->type);
    }
    for (const FieldSpec& field : fields) {
        yaml.line(indent + 1, field.name + ":");
        schema(yaml, indent + 2, field, frame != nullptr && frame->isFromClient);
    }
}

std::string direction(const FrameSpec& frame)
{
    return frame.isFromClient ? "client" : "server";
}

std::string asyncApi()
{
    const std::vector<FrameSpec> frames = detail::allFrameSpecs();
    Yaml yaml;
    yaml.line(0, "# Written by `skein_asyncapi` (tests/interop) from the description of the frames "
                 "that the codec runs on");
    yaml.line(0, "# (protocol/detail). Not for editing: the test asyncapi_is_current compares. The "
                 "prose is docs/protocol.md.");
    yaml.line(0, "asyncapi: 3.0.0");
    yaml.line(0, "info:");
    yaml.line(1, "title: Skein socket protocol");
    yaml.line(1, "version: 1.0.0");
    yaml.line(
        1,
        "description: JSON objects in text frames of a WebSocket with the subprotocol skein.v1.");
    yaml.line(1, "license:");
    yaml.line(2, "name: MIT");
    yaml.line(0, "defaultContentType: application/json");
    yaml.line(0, "servers:");
    yaml.line(1, "skein:");
    yaml.line(2, "host: chat.example.org");
    yaml.line(2, "protocol: wss");
    yaml.line(0, "channels:");
    yaml.line(1, "socket:");
    yaml.line(2, "address: /v1/socket");
    yaml.line(2, "bindings:");
    yaml.line(3, "ws:");
    yaml.line(4, "method: GET");
    yaml.line(2, "messages:");
    for (const FrameSpec& frame : frames) {
        yaml.line(3, direction(frame) + "_" + frame.type + ":");
        yaml.line(4, "$ref: '#/components/messages/" + direction(frame) + "_" + frame.type + "'");
    }
    yaml.line(0, "operations:");
    for (const bool isFromClient : {true, false}) {
        yaml.line(1, isFromClient ? "takeClientFrames:" : "sendServerFrames:");
        yaml.line(2, isFromClient ? "action: receive" : "action: send");
        yaml.line(2, "channel:");
        yaml.line(3, "$ref: '#/channels/socket'");
        yaml.line(2, "messages:");
        for (const FrameSpec& frame : frames) {
            if (frame.isFromClient == isFromClient)
                yaml.line(3, "- $ref: '#/channels/socket/messages/" + direction(frame) + "_" +
                                 frame.type + "'");
        }
    }
    yaml.line(0, "components:");
    yaml.line(1, "messages:");
    for (const FrameSpec& frame : frames) {
        yaml.line(2, direction(frame) + "_" + frame.type + ":");
        yaml.line(3, "name: " + frame.type);
        yaml.line(3, "payload:");
        objectSchema(yaml, 4, frame.fields, &frame);
    }
    // Parts that clients send hold the same fields as those that servers send; only unknown names
    // differ, and no part of a client frame has any.
    Parts parts;
    for (const FrameSpec& frame : frames)
        collectParts(frame.fields, parts);
    yaml.line(1, "schemas:");
    for (const auto& [name, fields] : parts) {
        yaml.line(2, name + ":");
        objectSchema(yaml, 3, fields, nullptr);
    }
    return yaml.str();
}

} // namespace

int main(int argc, char** argv)
{
    const std::string text = asyncApi();
    if (argc == 3 && std::string_view(argv[1]) == "--check") {
        std::ifstream in(argv[2], std::ios::binary);
        const std::string there{std::istreambuf_iterator<char>(in), {}};
        if (there == text)
            return 0;
        std::cerr << argv[2]
                  << " is not what the frames say now: write it again with skein_asyncapi\n";
        return 1;
    }
    std::cout << text;
    return 0;
}
