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

    /// `account`: the key in the keychain; `file`: the plain file, made with mode 0600. A file that
    /// is there already was allowed by the user once and goes on being used: what stands in it is
    /// spent, and a spent token ends the session. `detail` says why the keychain did not take it,
    /// when it did not.
    void save(const QString& account, const QString& file, const QString& token,
              std::function<void(Kept, const QString& detail)> done);
    /// Empty token: there is none; with a `detail`, there may be one that the keychain does not
    /// give (locked, not running, no answer). A keychain that gives it after all, however late, is
    /// heard: then `done` is called a second time, with the token.
    void load(const QString& account, const QString& file,
              std::function<void(const QString& token, const QString& detail)> done);
    /// `done(false)`: the keychain was not to be had or is locked, and what it holds of the account
    /// is still in it; or it is never asked, and may hold something. Not called when the process
    /// ends before.
    void erase(const QString& account, const QString& file, std::function<void(bool gone)> done);

    static constexpr char kService[] = "io.skein.chat";
    /// A keychain that does not answer (it may be asking the user to unlock it) counts as absent
    /// from then on, until it does.
    static constexpr int kTimeoutMs = 10'000;

private:
    bool m_useKeychain = true;
    bool m_allowFile = false;
};

/// Writes a file that only this user can read, all of it or nothing.
[[nodiscard]] bool writePrivateFile(const QString& path, const QByteArray& bytes);

} // namespace Skein
