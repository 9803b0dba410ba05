#include "benchmarks/process.h"

#include "benchmarks/harness.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace skein::bench
{

Result<Finished> runProgram(const std::vector<std::string>& argv,
                            const std::vector<std::pair<std::string, std::string>>& environment,
                            std::int64_t timeoutMs)
{
    std::vector<char*> arguments;
    for (const std::string& argument : argv)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    std::vector<std::string> variables;
    for (char** variable = environ; *variable; ++variable)
        variables.emplace_back(*variable);
    for (const auto& [name, value] : environment)
        variables.push_back(name + '=' + value);
    std::vector<char*> pointers;
    for (std::string& variable : variables)
        pointers.push_back(variable.data());
    pointers.push_back(nullptr);

    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return fail(ErrorCode::Internal, "pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
    pid_t pid = 0;
    const double start = nowUs();
    const int spawned =
        posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), pointers.data());
    posix_spawn_file_actions_destroy(&actions);
    close(pipes[1]);
    if (spawned != 0) {
        close(pipes[0]);
        return fail(ErrorCode::NotFound, argv[0]);
    }
    Finished finished;
    bool timedOut = false;
    for (;;) {
        const auto left =
            static_cast<int>(static_cast<double>(timeoutMs) - (nowUs() - start) / 1000);
        pollfd wait{pipes[0], POLLIN, 0};
        const int ready = left > 0 ? poll(&wait, 1, left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0) {
            timedOut = true;
            kill(pid, SIGKILL);
            break;
        }
        char buffer[4096];
        const ssize_t n = read(pipes[0], buffer, sizeof buffer);
        if (n <= 0)
            break;
        finished.out.append(buffer, static_cast<std::size_t>(n));
    }
    close(pipes[0]);
    int status = 0;
    rusage usage{};
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    if (timedOut)
        return fail(ErrorCode::Timeout, argv[0]);
    finished.wallMs = (nowUs() - start) / 1000;
    finished.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    finished.peakKib = usage.ru_maxrss;
    return finished;
}

std::optional<double> numberIn(const std::string& json, const std::string& key)
{
    const std::string quoted = '"' + key + '"';
    std::size_t at = json.find(quoted);
    if (at == std::string::npos)
        return std::nullopt;
    at = json.find_first_not_of(" :\t", at + quoted.size());
    if (at == std::string::npos)
        return std::nullopt;
    char* end = nullptr;
    const double value = std::strtod(json.c_str() + at, &end);
    if (end == json.c_str() + at)
        return std::nullopt;
    return value;
}

std::string lastJsonLine(const std::string& out)
{
    std::string found;
    std::size_t start = 0;
    while (start < out.size()) {
        const std::size_t end = std::min(out.find('\n', start), out.size());
        if (out[start] == '{')
            found = out.substr(start, end - start);
        start = end + 1;
    }
    return found;
}

} // namespace skein::bench
