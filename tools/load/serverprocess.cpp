#include "tools/load/serverprocess.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace skein::load
{
namespace
{

using Clock = std::chrono::steady_clock;

std::int64_t msUntil(Clock::time_point deadline)
{
    return std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count());
}

} // namespace

ServerProcess::~ServerProcess()
{
    if (m_pid > 0) {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
    for (const int fd : {m_stdout, m_stderr}) {
        if (fd >= 0)
            ::close(fd);
    }
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : m_pid(std::exchange(other.m_pid, -1))
    , m_port(other.m_port)
    , m_stdout(std::exchange(other.m_stdout, -1))
    , m_stderr(std::exchange(other.m_stderr, -1))
{
}

ServerProcess& ServerProcess::operator=(ServerProcess&& other) noexcept
{
    std::swap(m_pid, other.m_pid);
    std::swap(m_port, other.m_port);
    std::swap(m_stdout, other.m_stdout);
    std::swap(m_stderr, other.m_stderr);
    return *this;
}

Result<ServerProcess> ServerProcess::spawn(const ServerSpec& spec)
{
    std::array<int, 2> out{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0)
        return fail(ErrorCode::Internal, "pipe");
    const int err = ::memfd_create("server-stderr", MFD_CLOEXEC);

    std::vector<std::string> words{spec.binary, "--data", spec.dataDir, "--listen",
                                   "127.0.0.1:" + std::to_string(spec.port)};
    words.insert(words.end(), spec.arguments.begin(), spec.arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    const pid_t pid = ::fork();
    if (pid < 0)
        return fail(ErrorCode::Internal, "fork");
    if (pid == 0) {
        ::dup2(out[1], STDOUT_FILENO);
        ::dup2(err, STDERR_FILENO);
        if (spec.fileBytesMax > 0) {
            const rlimit limit{static_cast<rlim_t>(spec.fileBytesMax),
                               static_cast<rlim_t>(spec.fileBytesMax)};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            ::signal(SIGXFSZ, SIG_IGN);
        }
        ::execv(spec.binary.c_str(), argv.data());
        ::_exit(127);
    }
    ::close(out[1]);
    ServerProcess process;
    process.m_pid = pid;
    process.m_stdout = out[0];
    process.m_stderr = err;
    return process;
}

Result<ServerProcess> ServerProcess::start(const ServerSpec& spec)
{
    auto process = spawn(spec);
    if (!process)
        return process;
    const auto deadline = Clock::now() + std::chrono::milliseconds(spec.startTimeoutMs);
    std::string text;
    constexpr std::string_view kMark = "listening on http://";
    for (;;) {
        pollfd entry{process->m_stdout, POLLIN, 0};
        if (::poll(&entry, 1, static_cast<int>(msUntil(deadline))) <= 0)
            return fail(ErrorCode::Timeout,
                        "the server does not say where it listens: " + process->standardError());
        std::array<char, 512> part{};
        const ssize_t got = ::read(process->m_stdout, part.data(), part.size());
        if (got <= 0) {
            const auto ended = process->wait(1'000);
            return fail(ErrorCode::Internal, "the server ended with " +
                                                 std::to_string(ended ? ended->exitCode : -1) +
                                                 ": " + process->standardError());
        }
        text.append(part.data(), static_cast<std::size_t>(got));
        const std::size_t at = text.find(kMark);
        const std::size_t end = at == std::string::npos ? at : text.find('\n', at);
        if (end == std::string::npos)
            continue;
        const std::size_t colon = text.rfind(':', end);
        process->m_port =
            static_cast<std::uint16_t>(std::strtoul(text.c_str() + colon + 1, nullptr, 10));
        return process;
    }
}

Result<Ended> ServerProcess::runToEnd(const ServerSpec& spec, std::string& standardError)
{
    auto process = spawn(spec);
    if (!process)
        return fail(process.error());
    auto ended = process->wait(spec.startTimeoutMs);
    standardError = process->standardError();
    return ended;
}

void ServerProcess::signal(int number) const
{
    if (m_pid > 0)
        ::kill(m_pid, number);
}

Result<Ended> ServerProcess::wait(std::int64_t timeoutMs)
{
    const auto deadline = Clock::now() + std::chrono::milliseconds(timeoutMs);
    for (;;) {
        int status = 0;
        const pid_t done = ::waitpid(m_pid, &status, WNOHANG);
        if (done == m_pid) {
            m_pid = -1;
            Ended ended;
            if (WIFEXITED(status))
                ended.exitCode = WEXITSTATUS(status);
            else
                ended.signal = WTERMSIG(status);
            return ended;
        }
        if (done < 0 && errno != EINTR)
            return fail(ErrorCode::Internal, "no such process");
        if (Clock::now() >= deadline)
            return fail(ErrorCode::Timeout, "the server does not end");
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

std::string ServerProcess::standardError()
{
    std::string text;
    std::array<char, 4096> part{};
    off_t at = 0;
    for (;;) {
        const ssize_t got = ::pread(m_stderr, part.data(), part.size(), at);
        if (got <= 0)
            return text;
        text.append(part.data(), static_cast<std::size_t>(got));
        at += got;
    }
}

double processCpuUs(pid_t pid)
{
    double total = 0;
    std::error_code ignored;
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", ignored)) {
        std::ifstream stat(task.path() / "schedstat");
        double ns = 0;
        if (stat >> ns)
            total += ns / 1000.0;
    }
    return total;
}

std::int64_t processPeakKib(pid_t pid)
{
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::string word;
    while (status >> word) {
        std::int64_t kib = 0;
        if (word == "VmHWM:" && status >> kib)
            return kib;
    }
    return 0;
}

std::int64_t processPssKib(pid_t pid)
{
    std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
    std::string word;
    while (rollup >> word) {
        std::int64_t kib = 0;
        if (word == "Pss:" && rollup >> kib)
            return kib;
    }
    return 0;
}

} // namespace skein::load
