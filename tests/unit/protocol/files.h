// Reading the files that the tests work on. A file that is missing is a failure, never a skip.
#pragma once

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace skein::protocol::test
{

inline std::string textOf(const std::filesystem::path& path)
{
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in.good()) << "cannot read " << path;
    return {std::istreambuf_iterator<char>(in), {}};
}

struct Example {
    std::string type;
    bool isFromClient = false;
    std::string text;
};

/// protocol/schema/{client,server}/<type>.json, sorted by name.
inline std::vector<Example> examples()
{
    std::vector<Example> all;
    for (const bool isFromClient : {true, false}) {
        const std::filesystem::path folder =
            std::filesystem::path(SKEIN_SCHEMA_DIR) / (isFromClient ? "client" : "server");
        for (const auto& entry : std::filesystem::directory_iterator(folder))
            all.push_back({entry.path().stem().string(), isFromClient, textOf(entry.path())});
    }
    std::sort(all.begin(), all.end(), [](const Example& a, const Example& b) {
        return std::pair(a.isFromClient, a.type) < std::pair(b.isFromClient, b.type);
    });
    return all;
}

inline std::string exampleText(bool isFromClient, const std::string& type)
{
    return textOf(std::filesystem::path(SKEIN_SCHEMA_DIR) / (isFromClient ? "client" : "server") /
                  (type + ".json"));
}

} // namespace skein::protocol::test
