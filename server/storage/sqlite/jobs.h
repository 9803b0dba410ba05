// An operation on its way: what to do, with whose callback, and what came of it.
#pragma once

#include "server/storage/storage.h"

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace skein::server::sqlite
{

template <class Worker>
class Job
{
public:
    virtual ~Job() = default;
    virtual void run(Worker& worker) = 0;
    virtual void fail(const Error& error) = 0;
    virtual void deliver() = 0;
    std::size_t bytes = 0;
};

template <class Worker, class T>
class TypedJob final : public Job<Worker>
{
public:
    using Work = std::function<Result<T>(Worker&)>;
    TypedJob(Work work, Done<T> done)
        : m_work(std::move(work))
        , m_done(std::move(done))
    {
    }
    void run(Worker& worker) override { m_result = m_work(worker); }
    void fail(const Error& error) override { m_result = tl::unexpected<Error>(error); }
    void deliver() override
    {
        if (m_done)
            m_done(std::move(m_result));
    }

private:
    Work m_work;
    Done<T> m_done;
    Result<T> m_result = tl::unexpected<Error>(Error{});
};

template <class Worker>
using JobPtr = std::unique_ptr<Job<Worker>>;
template <class Worker>
using Jobs = std::vector<JobPtr<Worker>>;

} // namespace skein::server::sqlite
