// QML's network access: none. Whatever a text, an image source or a font asks for is refused before
// a packet leaves the machine. Our own traffic goes through the SDK's transports, not through QML.
#pragma once

#include <QNetworkAccessManager>
#include <QQmlNetworkAccessManagerFactory>

#include <atomic>

namespace Skein
{

class RefusingNetworkFactory : public QQmlNetworkAccessManagerFactory
{
public:
    /// Any thread (QML loads images on one of its own). The parent owns the result.
    QNetworkAccessManager* create(QObject* parent) override;
    /// Requests refused so far; the tests check that it stays 0.
    [[nodiscard]] int refused() const { return m_refused.load(); }

private:
    std::atomic<int> m_refused{0};
};

} // namespace Skein
