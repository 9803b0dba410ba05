// skein-server: see docs/operations.md.
#include "server/net/server.h"

#include <cstdio>
#include <string>

using namespace skein;
using namespace skein::server;

int main(int argc, char** argv)
{
    const auto invocation = readInvocation(argc, argv);
    if (!invocation) {
        std::fprintf(stderr, "skein-server: %s\n", invocation.error().detail.c_str());
        return static_cast<int>(ExitCode::BadUsage);
    }
    if (invocation->what == Invocation::What::PrintAndExit) {
        std::fputs(invocation->text.c_str(), stdout);
        return 0;
    }
    const ServerOptions& options = invocation->options;
    Server server(options);
    const auto port = server.start();
    if (!port) {
        const std::string subject = exitCodeFor(port.error().code) == ExitCode::CannotListen ||
                                            port.error().code == ErrorCode::InvalidArgument
                                        ? "cannot listen"
                                        : "cannot use " + options.dataDir;
        std::fprintf(stderr, "skein-server: %s: %s (%s)\n", subject.c_str(),
                     std::string(userText(port.error().code)).c_str(), port.error().detail.c_str());
        return static_cast<int>(exitCodeFor(port.error().code));
    }
    const bool v6 = options.host.find(':') != std::string::npos;
    std::printf("listening on http://%s%s%s:%u\n", v6 ? "[" : "", options.host.c_str(),
                v6 ? "]" : "", *port);
    std::printf("data in %s\n", options.dataDir.c_str());
    std::fflush(stdout);
    server.run();
    return 0;
}
