#include "sdk/qt/receiptsmodel.h"

#include "sdk/qt/client.h"
#include "sdk/qt/displaytext.h"

#include <algorithm>
#include <utility>

namespace Skein
{

using skein::Seq;
using skein::offline::ReceiptRow;

ReceiptsModel::ReceiptsModel(QObject* parent)
    : QAbstractListModel(parent)
{
}

int ReceiptsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

ReceiptsModel::State ReceiptsModel::stateOf(const ReceiptRow& row) const
{
    const Seq seq(m_seq);
    return row.read >= seq ? Read : row.delivered >= seq ? Delivered : Waiting;
}

QVariant ReceiptsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const ReceiptRow& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case UserIdRole:
        return display::text(row.user.str());
    case Qt::DisplayRole:
    case NameRole:
        return display::text(row.name);
    case InitialsRole:
        return display::initials(display::text(row.name));
    case ColorIndexRole:
        return display::colorIndex(row.user.str());
    case StateRole:
        return stateOf(row);
    default:
        return {};
    }
}

QHash<int, QByteArray> ReceiptsModel::roleNames() const
{
    return {{UserIdRole, "userId"},
            {NameRole, "name"},
            {InitialsRole, "initials"},
            {ColorIndexRole, "colorIndex"},
            {StateRole, "state"}};
}

bool ReceiptsModel::canFetchMore(const QModelIndex& parent) const
{
    return !parent.isValid() && static_cast<std::int64_t>(m_rows.size()) < m_counts.others;
}

void ReceiptsModel::fetchMore(const QModelIndex& parent)
{
    if (!canFetchMore(parent))
        return;
    if (m_rows.size() >= m_wanted)
        m_wanted = m_rows.size() + kPageRows;
    else if (m_asked)
        return; // the answer that is under way brings them
    ask();
}

Client* ReceiptsModel::client() const
{
    return m_client;
}

void ReceiptsModel::setClient(Client* client)
{
    if (m_client == client)
        return;
    if (m_client)
        disconnect(m_client, nullptr, this, nullptr);
    m_client = client;
    if (client) {
        connect(client, &Client::receiptsChanged, this, [this](const QString& roomId) {
            if (roomId == m_roomId && m_seq > 0)
                ask();
        });
        connect(client, &Client::signedInChanged, this, &ReceiptsModel::restart);
    }
    Q_EMIT clientChanged();
    restart();
}

void ReceiptsModel::setRoomId(const QString& roomId)
{
    if (m_roomId == roomId)
        return;
    m_roomId = roomId;
    Q_EMIT messageChanged();
    restart();
}

void ReceiptsModel::setSeq(qint64 seq)
{
    if (m_seq == seq)
        return;
    m_seq = seq;
    Q_EMIT messageChanged();
    restart();
}

// Another message: nothing of the last one is shown with it.
void ReceiptsModel::restart()
{
    ++m_question;
    m_asked = m_again = false;
    m_wanted = kPageRows;
    if (!m_rows.empty()) {
        beginResetModel();
        m_rows.clear();
        endResetModel();
    }
    m_counts = {};
    Q_EMIT countsChanged();
    const bool shows = m_client && m_seq > 0 && !m_roomId.isEmpty();
    setLoading(shows);
    if (shows)
        ask();
}

void ReceiptsModel::ask()
{
    if (!m_client)
        return;
    if (m_asked) {
        m_again = true;
        return;
    }
    m_asked = true;
    const int mine = ++m_question;
    m_client->readReceipts(
        m_roomId, m_seq, 0, static_cast<int>(m_wanted),
        [self = QPointer(this), mine](const skein::Result<skein::offline::Receipts>& receipts) {
            if (self && self->m_question == mine)
                self->answered(receipts);
        });
}

void ReceiptsModel::answered(const skein::Result<skein::offline::Receipts>& receipts)
{
    if (receipts) { // else what was shown stays; the client tells of the failure
        skein::offline::Receipts counts{receipts->others, receipts->delivered, receipts->read, {}};
        const bool counted = !(counts == m_counts);
        m_counts = std::move(counts);
        show(receipts->rows);
        if (counted)
            Q_EMIT countsChanged();
    }
    m_asked = false; // not before: a view asks for more at the first row that comes
    setLoading(false);
    if (std::exchange(m_again, false))
        ask();
}

// Step by step, so that a view keeps its place: somebody read it and moves up the list.
void ReceiptsModel::show(std::vector<ReceiptRow> rows)
{
    for (std::size_t at = 0; at < rows.size(); ++at) {
        const auto same = [&](const ReceiptRow& row) { return row.user == rows[at].user; };
        const auto begin =
            m_rows.begin() + static_cast<std::ptrdiff_t>(std::min(at, m_rows.size()));
        const auto found = std::find_if(begin, m_rows.end(), same);
        const int row = static_cast<int>(at);
        if (found == m_rows.end()) {
            beginInsertRows({}, row, row);
            m_rows.insert(begin, rows[at]);
            endInsertRows();
            continue;
        }
        if (found != begin) {
            const int from = static_cast<int>(found - m_rows.begin());
            beginMoveRows({}, from, from, {}, row);
            std::rotate(begin, found, found + 1);
            endMoveRows();
        }
        if (ReceiptRow& old = m_rows[at]; !(old == rows[at])) {
            old = rows[at];
            Q_EMIT dataChanged(index(row), index(row));
        }
    }
    if (m_rows.size() > rows.size()) {
        beginRemoveRows({}, static_cast<int>(rows.size()), static_cast<int>(m_rows.size()) - 1);
        m_rows.resize(rows.size());
        endRemoveRows();
    }
}

void ReceiptsModel::setLoading(bool loading)
{
    if (m_loading == loading)
        return;
    m_loading = loading;
    Q_EMIT loadingChanged();
}

} // namespace Skein
