// Where a refresh token is kept between runs: the system's keychain; a plain file only where the
// app allows it; else nowhere. Thread: GUI; answers come through callbacks, never from inside the
// call.
#pragma once

#include <QObject>
#include <QString>

#include <functional>

namespace Skein
{

class TokenVault : public QObject
{
    Q_OBJECT

public:
    enum class Kept { InKeychain, InFile, Nowhere };

    explicit TokenVault(QObject* parent = nullptr);

    /// False: never asks the keychain (programs without a desktop session, tests).
    void setUseKeychain(bool use) { m_useKeychain = use; }
    void setAllowPlainFile(bool allow) { m_allowFile = allow; }

    /// `account`: the key in the keychain; `file`: the plain file, made with mode 0600. `detail`
    /// says why the keychain did not take it, when it did not.
    void save(const QString& account, const QString& file, const QString& token,
              std::function<void(Kept, const QString& detail)> done);
    /// Empty token: there is none. `detail` as above.
    void load(const QString& account, const QString& file,
              std::function<void(const QString& token, const QString& detail)> done);
    void erase(const QString& account, const QString& file);

    static constexpr char kService[] = "io.skein.chat";
    /// A keychain that does not answer (a locked one that asks nobody) counts as absent.
    static constexpr int kTimeoutMs = 10'000;

private:
    bool m_useKeychain = true;
    bool m_allowFile = false;
};

/// Writes a file that only this user can read, all of it or nothing.
[[nodiscard]] bool writePrivateFile(const QString& path, const QByteArray& bytes);

} // namespace Skein
