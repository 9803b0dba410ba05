// Where encoding appends: small frames need one allocation, that of the string which is handed out.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace skein::protocol::detail
{

class Buffer
{
public:
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    void append(std::string_view text)
    {
        if (text.empty())
            return; // its data() may be null
        std::memcpy(room(text.size()), text.data(), text.size());
        m_size += text.size();
    }
    void append(char c)
    {
        *room(1) = c;
        ++m_size;
    }
    /// At least `bytes` to write to; follow with advance(). Valid until the next call.
    [[nodiscard]] char* room(std::size_t bytes)
    {
        if (m_capacity - m_size < bytes)
            grow(bytes);
        return m_data + m_size;
    }
    void advance(std::size_t bytes) { m_size += bytes; }
    [[nodiscard]] std::string str() const { return {m_data, m_size}; }

private:
    static constexpr std::size_t kInlineBytes = 1024;

    void grow(std::size_t bytes)
    {
        const std::size_t capacity = (m_size + bytes) * 2;
        std::unique_ptr<char[]> larger(new char[capacity]);
        std::memcpy(larger.get(), m_data, m_size);
        m_heap = std::move(larger);
        m_data = m_heap.get();
        m_capacity = capacity;
    }

    char m_inline[kInlineBytes];
    std::unique_ptr<char[]> m_heap;
    char* m_data = m_inline;
    std::size_t m_size = 0;
    std::size_t m_capacity = kInlineBytes;
};

} // namespace skein::protocol::detail
