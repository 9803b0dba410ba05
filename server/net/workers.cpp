#include "server/net/workers.h"

namespace skein::server
{

Workers::Workers(std::size_t threads, std::size_t queueMax)
    : m_queueMax(queueMax)
{
    m_threads.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i)
        m_threads.emplace_back([this] { work(); });
}

Workers::~Workers()
{
    stop();
}

bool Workers::post(std::function<void()> job)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_stop || m_jobs.size() >= m_queueMax)
            return false;
        m_jobs.push_back(std::move(job));
    }
    m_wake.notify_one();
    return true;
}

void Workers::stop()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
        m_jobs.clear();
    }
    m_wake.notify_all();
    for (std::thread& thread : m_threads) {
        if (thread.joinable())
            thread.join();
    }
}

std::size_t Workers::waiting() const
{
    const std::lock_guard lock(m_mutex);
    return m_jobs.size();
}

void Workers::work()
{
    for (;;) {
        std::function<void()> job;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [this] { return m_stop || !m_jobs.empty(); });
            if (m_stop)
                return;
            job = std::move(m_jobs.front());
            m_jobs.pop_front();
        }
        job();
    }
}

} // namespace skein::server
