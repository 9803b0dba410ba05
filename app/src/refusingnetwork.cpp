#include "app/src/refusingnetwork.h"

#include <QNetworkReply>
#include <QTimer>

namespace Skein
{

namespace
{

class RefusedReply : public QNetworkReply
{
public:
    RefusedReply(const QNetworkRequest& request, QNetworkAccessManager::Operation operation,
                 QObject* parent)
        : QNetworkReply(parent)
    {
        setRequest(request);
        setUrl(request.url());
        setOperation(operation);
        open(QIODevice::ReadOnly);
        setError(QNetworkReply::ContentAccessDenied, QStringLiteral("refused"));
        setFinished(true);
        // After the caller has connected its slots.
        QTimer::singleShot(0, this, [this] {
            Q_EMIT errorOccurred(QNetworkReply::ContentAccessDenied);
            Q_EMIT finished();
        });
    }
    void abort() override {}

protected:
    qint64 readData(char*, qint64) override { return -1; }
};

class RefusingManager : public QNetworkAccessManager
{
public:
    RefusingManager(std::atomic<int>& refused, QObject* parent)
        : QNetworkAccessManager(parent)
        , m_refused(refused)
    {
    }

protected:
    QNetworkReply* createRequest(Operation operation, const QNetworkRequest& request,
                                 QIODevice*) override
    {
        ++m_refused;
        return new RefusedReply(request, operation, this);
    }

private:
    std::atomic<int>& m_refused;
};

} // namespace

QNetworkAccessManager* RefusingNetworkFactory::create(QObject* parent)
{
    return new RefusingManager(m_refused, parent);
}

} // namespace Skein
