// A few threads for work that takes the CPU long (argon2id: 64 MiB and 70 ms each), with a bounded
// queue: past it the caller answers server_busy instead of building a backlog.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace skein::server
{

class Workers
{
public:
    Workers(std::size_t threads, std::size_t queueMax);
    /// Finishes what runs, drops what waits.
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// False when the queue is full or stop() was called: the job was not taken. Thread: any.
    [[nodiscard]] bool post(std::function<void()> job);
    /// Drops what waits and joins. Idempotent.
    void stop();
    /// Waiting jobs, without those that run. Thread: any.
    [[nodiscard]] std::size_t waiting() const;

private:
    void work();

    const std::size_t m_queueMax;
    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<std::function<void()>> m_jobs;
    bool m_stop = false;
    std::vector<std::thread> m_threads;
};

} // namespace skein::server
