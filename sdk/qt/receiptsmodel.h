// Who has read a message, and who has got it: the members of its room, those who read it first.
// From this device's store, so also without a connection, as last heard; live while it is there.
// Rows come in pages as a view asks for them. Thread: GUI; it never waits.
#pragma once

#include "core/result.h"
#include "offline/reader.h"

#include <QAbstractListModel>
#include <QPointer>
#include <QtQml/qqmlregistration.h>

#include <vector>

namespace Skein
{

class Client;

class ReceiptsModel : public QAbstractListModel
{
    Q_OBJECT
    QML_ELEMENT

    Q_PROPERTY(Skein::Client* client READ client WRITE setClient NOTIFY clientChanged)
    Q_PROPERTY(QString roomId READ roomId WRITE setRoomId NOTIFY messageChanged)
    /// The message; 0 = none, and no rows.
    Q_PROPERTY(qint64 seq READ seq WRITE setSeq NOTIFY messageChanged)
    /// Members but oneself and the message's sender; who of them has read it; who has got it (who
    /// read it, too). Of all of them, however many rows are loaded.
    Q_PROPERTY(int others READ others NOTIFY countsChanged)
    Q_PROPERTY(int readCount READ readCount NOTIFY countsChanged)
    Q_PROPERTY(int deliveredCount READ deliveredCount NOTIFY countsChanged)
    /// The first rows are not there yet.
    Q_PROPERTY(bool loading READ loading NOTIFY loadingChanged)

public:
    /// How far a member is with the message.
    enum State { Waiting, Delivered, Read };
    Q_ENUM(State)
    enum Role {
        UserIdRole = Qt::UserRole + 1, ///< userId: string
        NameRole,                      ///< name: string, display name
        InitialsRole,                  ///< initials: string
        ColorIndexRole,                ///< colorIndex: int
        StateRole,                     ///< state: int, ReceiptsModel.State
    };
    Q_ENUM(Role)

    static constexpr int kPageRows = 100;

    explicit ReceiptsModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;
    [[nodiscard]] bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;

    [[nodiscard]] Client* client() const;
    void setClient(Client* client);
    [[nodiscard]] QString roomId() const { return m_roomId; }
    void setRoomId(const QString& roomId);
    [[nodiscard]] qint64 seq() const { return m_seq; }
    void setSeq(qint64 seq);
    [[nodiscard]] int others() const { return static_cast<int>(m_counts.others); }
    [[nodiscard]] int readCount() const { return static_cast<int>(m_counts.read); }
    [[nodiscard]] int deliveredCount() const { return static_cast<int>(m_counts.delivered); }
    [[nodiscard]] bool loading() const { return m_loading; }

Q_SIGNALS:
    void clientChanged();
    void messageChanged();
    void countsChanged();
    void loadingChanged();

private:
    void restart();
    void ask();
    void answered(const skein::Result<skein::offline::Receipts>& receipts);
    void show(std::vector<skein::offline::ReceiptRow> rows);
    [[nodiscard]] State stateOf(const skein::offline::ReceiptRow& row) const;
    void setLoading(bool loading);

    QPointer<Client> m_client;
    QString m_roomId;
    qint64 m_seq = 0;
    skein::offline::Receipts m_counts; ///< without rows
    std::vector<skein::offline::ReceiptRow> m_rows;
    std::size_t m_wanted = kPageRows;
    int m_question = 0;                    ///< answers to earlier ones are dropped
    bool m_asked = false, m_again = false; ///< one question at a time, and one for all that changed
    bool m_loading = false;
};

} // namespace Skein
