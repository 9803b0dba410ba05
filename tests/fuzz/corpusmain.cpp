// Runs a fuzz target without libFuzzer: every file of the given folders as it is, cut, and spoilt
// in a fixed pseudo-random way. For compilers without libFuzzer; the real search is the preset
// `fuzz`.
#include "core/random.h"

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace
{

constexpr int kSpoiltCopies = 200;
constexpr int kChangesMax = 8;

long runs = 0;

void run(const std::string& input)
{
    // An exact heap copy: a sanitizer sees each byte read past the end.
    const std::vector<std::uint8_t> bytes(input.begin(), input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    ++runs;
}

std::string spoilt(std::string text, skein::Random& random)
{
    const auto changes = 1 + random.below(kChangesMax);
    for (std::uint64_t i = 0; i < changes && !text.empty(); ++i) {
        const std::size_t at = random.below(text.size());
        switch (random.below(4)) {
        case 0:
            text[at] = static_cast<char>(random.below(256));
            break;
        case 1:
            text.erase(at, 1 + random.below(16));
            break;
        case 2:
            text.insert(at, text, random.below(text.size()), 1 + random.below(16));
            break;
        default:
            text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
        }
    }
    return text;
}

} // namespace

int main(int argc, char** argv)
{
    skein::SeededRandom random(1);
    int inputs = 0;
    run({});
    for (int i = 1; i < argc; ++i) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
            if (!entry.is_regular_file())
                continue;
            std::ifstream in(entry.path(), std::ios::binary);
            const std::string text{std::istreambuf_iterator<char>(in), {}};
            run(text);
            for (std::size_t cut = 0; cut < text.size(); cut += 1 + text.size() / 100)
                run(text.substr(0, cut));
            for (int copy = 0; copy < kSpoiltCopies; ++copy)
                run(spoilt(text, random));
            ++inputs;
        }
    }
    // With what it takes to spoil them.
    const double seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    std::printf("%d files of the corpus, %ld runs, %.0f runs a second of one core\n", inputs, runs,
                static_cast<double>(runs) / seconds);
    return inputs > 0 ? 0 : 1;
}
