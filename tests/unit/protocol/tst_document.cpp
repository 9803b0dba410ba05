// docs/protocol.md says what the code does: every field of every frame, every limit, every code.
#include "protocol/codec.h"
#include "tests/unit/protocol/doctext.h"
#include "tests/unit/protocol/files.h"

#include <map>
#include <regex>
#include <set>

namespace skein::protocol
{
namespace
{

using detail::FieldSpec;

std::string document()
{
    return test::textOf(SKEIN_DOC_FILE);
}

/// The table rows under a heading, up to the next heading; without the two of the table's head.
std::vector<std::string> rowsUnder(const std::string& text, const std::string& heading)
{
    const std::size_t start = text.find(heading + "\n");
    EXPECT_NE(start, text.npos) << "no section " << heading;
    if (start == text.npos)
        return {};
    std::istringstream in(
        text.substr(start + heading.size(), text.find("\n##", start) - start - heading.size()));
    std::vector<std::string> rows;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("| `"))
            rows.push_back(line);
    }
    return rows;
}

void expectRows(const std::vector<std::string>& rows, const std::vector<FieldSpec>& fields)
{
    ASSERT_EQ(rows.size(), fields.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string start = test::rowText(fields[i]);
        EXPECT_TRUE(rows[i].starts_with(start)) << rows[i] << "\nshould start with\n" << start;
        EXPECT_GT(rows[i].size(), start.size() + 4) << "no meaning: " << rows[i];
    }
}

void collectParts(const std::vector<FieldSpec>& fields,
                  std::map<std::string, std::vector<FieldSpec>>& parts)
{
    for (const FieldSpec& field : fields) {
        if (field.type == FieldSpec::Type::Object)
            parts[field.part] = field.fields;
        collectParts(field.fields, parts);
        collectParts(field.item, parts);
    }
}

TEST(Document, namesEachFieldOfEachFrameWithItsRule)
{
    const std::string text = document();
    for (const detail::FrameSpec& frame : detail::allFrameSpecs()) {
        SCOPED_TRACE(frame.type);
        expectRows(rowsUnder(text, std::string("### ") + (frame.isFromClient ? "C→S `" : "S→C `") +
                                       frame.type + "`"),
                   frame.fields);
    }
}

TEST(Document, namesEachFieldOfEachPartWithItsRule)
{
    const std::string text = document();
    std::map<std::string, std::vector<FieldSpec>> parts;
    for (const detail::FrameSpec& frame : detail::allFrameSpecs())
        collectParts(frame.fields, parts);
    EXPECT_GE(parts.size(), 14U);
    for (const auto& [name, fields] : parts) {
        SCOPED_TRACE(name);
        expectRows(rowsUnder(text, "### part `" + name + "` <a id=\"part-" + name + "\"></a>"),
                   fields);
    }
}

/// "64 * 1024" → 65536.
std::int64_t product(const std::string& expression)
{
    std::int64_t result = 1;
    std::string digits;
    for (const char c : expression + "*") {
        if (c >= '0' && c <= '9') {
            digits += c;
        } else if (c == '*') {
            result *= std::stoll(digits);
            digits.clear();
        } else {
            EXPECT_TRUE(c == ' ' || c == '\'') << expression;
        }
    }
    return result;
}

TEST(Document, namesEachLimitWithItsValue)
{
    const std::string text = document();
    const std::string source = test::textOf(SKEIN_LIMITS_FILE);
    const std::regex constant(R"(inline constexpr [\w:]+ (k\w+)(?:\[\])? = ([^;]+);)");
    int count = 0;
    for (std::sregex_iterator it(source.begin(), source.end(), constant), end; it != end; ++it) {
        const std::string name = (*it)[1];
        const std::string expression = (*it)[2];
        std::string value;
        if (name == "kIntegerMax")
            value = test::figure(kIntegerMax);
        else if (name == "kSubprotocol")
            value = std::string("`") + kSubprotocol + "`";
        else
            value = test::figure(product(expression));
        EXPECT_NE(text.find("| `" + name + "` | " + value + " | "), text.npos)
            << name << " = " << value;
        ++count;
    }
    EXPECT_GE(count, 40) << "is " << SKEIN_LIMITS_FILE << " read right?";
}

TEST(Document, namesEachErrorCodeWithItsRule)
{
    const std::string text = document();
    for (const ErrorCode code : allErrorCodes()) {
        const ErrorRule rule = ruleFor(code);
        const std::string row = "| `" + std::string(wireName(code)) + "` | " +
                                (rule == ErrorRule::Retry ? "retry"
                                 : rule == ErrorRule::Ask ? "ask"
                                                          : "give up") +
                                " | " + std::string(userText(code)) + " |";
        EXPECT_NE(text.find(row), text.npos) << row;
    }
}

TEST(Document, namesEachCloseCode)
{
    const std::string text = document();
    const std::string source = test::textOf(SKEIN_LIMITS_FILE);
    const std::regex code(R"((\w+) = (\d{4}),)");
    int count = 0;
    for (std::sregex_iterator it(source.begin(), source.end(), code), end; it != end; ++it) {
        const std::string row = "| " + (*it)[2].str() + " | " + (*it)[1].str() + " | ";
        EXPECT_NE(text.find(row), text.npos) << row;
        ++count;
    }
    EXPECT_GE(count, 14);
}

} // namespace
} // namespace skein::protocol
