#include "tests/qml/faketimeline.h"

namespace Skein
{

namespace
{

const QStringList& roles()
{
    static const QStringList names = {
        "rowId",       "seq",           "tempId",     "senderId",    "senderName", "senderInitials",
        "senderColor", "own",           "kind",       "body",        "timeText",   "timestamp",
        "dayText",     "unreadDivider", "groupStart", "groupEnd",    "status",     "statusText",
        "errorText",   "canRetry",      "edited",     "deleted",     "pinned",     "replySender",
        "replyText",   "replySeq",      "reactions",  "attachments", "hole",       "holeCount",
        "heldBack",    "journalId",     "holeStuck"};
    return names;
}

const QStringList& words()
{
    static const QStringList list = {"quiet", "river", "დილა", "მშვიდობის", "morning",
                                     "سلام",  "شكرا",  "नमस्ते", "bridge",    "こんにちは",
                                     "🙂",  "and",   "then", "a",         "longer",
                                     "word",  "here",  "สวัสดี", "tea",       "tomorrow"};
    return list;
}

} // namespace

FakeTimeline::FakeTimeline(QObject* parent)
    : QAbstractListModel(parent)
{
}

int FakeTimeline::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant FakeTimeline::data(const QModelIndex& index, int role) const
{
    const int name = role - Qt::UserRole - 1;
    if (!index.isValid() || index.row() >= count() || name < 0 || name >= roles().size())
        return {};
    return m_rows[static_cast<std::size_t>(index.row())].value(roles().at(name));
}

QHash<int, QByteArray> FakeTimeline::roleNames() const
{
    QHash<int, QByteArray> result;
    for (int i = 0; i < roles().size(); ++i)
        result.insert(Qt::UserRole + 1 + i, roles().at(i).toUtf8());
    return result;
}

void FakeTimeline::visibleRange(int first, int last)
{
    m_visibleFirst = first;
    m_visibleLast = last;
    Q_EMIT commanded();
}

void FakeTimeline::jumpToNewest()
{
    Q_EMIT jumpReady(0);
}

void FakeTimeline::jumpToSeq(qint64 seq)
{
    m_lastJumpSeq = seq;
    Q_EMIT commanded();
    for (int row = 0; row < count(); ++row) {
        if (m_rows[static_cast<std::size_t>(row)].value("seq").toLongLong() == seq) {
            Q_EMIT jumpReady(row);
            return;
        }
    }
    Q_EMIT jumpFailed();
}

int FakeTimeline::rowOf(const QString& rowId) const
{
    for (int row = 0; row < count(); ++row)
        if (m_rows[static_cast<std::size_t>(row)].value("rowId").toString() == rowId)
            return row;
    return -1;
}

QVariantMap FakeTimeline::get(int row) const
{
    return row >= 0 && row < count() ? m_rows[static_cast<std::size_t>(row)] : QVariantMap();
}

void FakeTimeline::retry(const QString& rowId)
{
    m_lastRetried = rowId;
    Q_EMIT commanded();
}

void FakeTimeline::retryHole(const QString& rowId)
{
    m_lastHoleRetried = rowId;
    Q_EMIT commanded();
}

void FakeTimeline::discard(const QString& rowId)
{
    m_lastDiscarded = rowId;
    Q_EMIT commanded();
}

unsigned FakeTimeline::next()
{
    m_seed = m_seed * 1664525U + 1013904223U;
    return m_seed >> 8;
}

QVariantMap FakeTimeline::makeRow()
{
    const qint64 id = m_nextId++;
    const unsigned shape = next() % 20;
    QStringList text;
    const unsigned length = shape == 0 ? 120 + next() % 80 : 1 + next() % 30;
    for (unsigned i = 0; i < length; ++i)
        text.append(words().at(static_cast<int>(next() % static_cast<unsigned>(words().size()))));
    const bool own = next() % 3 == 0;
    return {{"rowId", QString::number(id)},
            {"seq", id},
            {"tempId", QString()},
            {"senderId", own ? "me" : "other"},
            {"senderName", own ? "Me" : "Nino"},
            {"senderInitials", own ? "M" : "N"},
            {"senderColor", static_cast<int>(next() % 8)},
            {"own", own},
            {"kind", shape == 19 ? 3 : 0},
            {"body", text.join(shape == 1 ? "\n" : " ")},
            {"timeText", "14:05"},
            {"timestamp", QDateTime(QDate(2026, 3, 2), QTime(14, 5)).addSecs(id * 60)},
            {"dayText", next() % 12 == 0 ? "2 March" : QString()},
            {"unreadDivider", false},
            {"groupStart", next() % 2 == 0},
            {"groupEnd", next() % 2 == 0},
            {"status", own && shape == 2 ? 7 : 6},
            {"statusText", "Read"},
            {"errorText", shape == 2 ? "Too large" : QString()},
            {"canRetry", own && shape == 2},
            {"edited", shape == 3},
            {"deleted", shape == 4},
            {"pinned", false},
            {"replySender", shape == 5 ? "Ben" : QString()},
            {"replyText", shape == 5 ? "what was said" : QString()},
            {"replySeq", shape == 5 ? 1 : 0},
            {"reactions", QVariantList()},
            {"attachments", QVariantList()},
            {"hole", shape == 6 && next() % 4 == 0},
            {"holeCount", 12},
            {"heldBack", false},
            {"journalId", QString()},
            {"holeStuck", false}};
}

void FakeTimeline::fill(int rows, int seed)
{
    rewindow(rows, seed);
    fillReady();
}

void FakeTimeline::fillReady()
{
    m_ready = true;
    Q_EMIT readyChanged();
    Q_EMIT opened();
}

void FakeTimeline::rewindow(int rows, int seed)
{
    beginResetModel();
    m_seed = static_cast<unsigned>(seed) * 7919U + 17U;
    m_rows.clear();
    for (int i = 0; i < rows; ++i)
        m_rows.push_back(makeRow());
    endResetModel();
    Q_EMIT countChanged();
    Q_EMIT extentChanged();
}

void FakeTimeline::appendOlder(int rows)
{
    Q_EMIT aboutToChange();
    beginInsertRows({}, count(), count() + rows - 1);
    for (int i = 0; i < rows; ++i)
        m_rows.push_back(makeRow());
    m_rowsBefore = std::max<qint64>(0, m_rowsBefore - rows);
    endInsertRows();
    Q_EMIT countChanged();
    Q_EMIT extentChanged();
    Q_EMIT changed();
}

void FakeTimeline::insertNewest(int rows, bool own)
{
    Q_EMIT aboutToChange();
    Q_EMIT aboutToInsertNewest(rows);
    beginInsertRows({}, 0, rows - 1);
    for (int i = 0; i < rows; ++i) {
        QVariantMap row = makeRow();
        row["own"] = own;
        m_rows.insert(m_rows.begin(), row);
    }
    endInsertRows();
    Q_EMIT newestInserted(rows);
    Q_EMIT countChanged();
    Q_EMIT changed();
}

void FakeTimeline::add(const QVariantMap& given)
{
    insertNewest(1);
    QVariantMap& row = m_rows.front();
    for (auto it = given.constBegin(); it != given.constEnd(); ++it)
        row[it.key()] = it.value();
    Q_EMIT dataChanged(index(0), index(0));
}

void FakeTimeline::trimNewest(int rows)
{
    Q_EMIT aboutToChange();
    beginRemoveRows({}, 0, rows - 1);
    m_rows.erase(m_rows.begin(), m_rows.begin() + rows);
    m_rowsAfter += rows;
    m_atNewest = false;
    endRemoveRows();
    Q_EMIT edgesChanged();
    Q_EMIT countChanged();
    Q_EMIT changed();
}

void FakeTimeline::trimOldest(int rows)
{
    Q_EMIT aboutToChange();
    beginRemoveRows({}, count() - rows, count() - 1);
    m_rows.erase(m_rows.end() - rows, m_rows.end());
    m_rowsBefore += rows;
    endRemoveRows();
    Q_EMIT countChanged();
    Q_EMIT changed();
}

void FakeTimeline::change(int row, const QString& role, const QVariant& value)
{
    Q_EMIT aboutToChange();
    m_rows[static_cast<std::size_t>(row)][role] = value;
    Q_EMIT dataChanged(index(row), index(row),
                       {Qt::UserRole + 1 + static_cast<int>(roles().indexOf(role))});
    Q_EMIT changed();
}

void FakeTimeline::grow(int row, int lines)
{
    QString body = get(row).value("body").toString();
    for (int i = 0; i < lines; ++i)
        body += QStringLiteral("\nanother line");
    change(row, "body", body);
}

void FakeTimeline::removeRow(int row)
{
    Q_EMIT aboutToChange();
    beginRemoveRows({}, row, row);
    m_rows.erase(m_rows.begin() + row);
    endRemoveRows();
    Q_EMIT countChanged();
    Q_EMIT changed();
}

void FakeTimeline::makeHole(int row)
{
    QVariantMap hole = get(row);
    removeRow(row);
    hole["rowId"] = QString::number(-m_nextId++);
    hole["hole"] = true;
    hole["holeStuck"] = false;
    Q_EMIT aboutToChange();
    beginInsertRows({}, row, row);
    m_rows.insert(m_rows.begin() + row, hole);
    endInsertRows();
    Q_EMIT countChanged();
    Q_EMIT changed();
}

void FakeTimeline::fillHole(int row, int rows, bool all)
{
    Q_EMIT aboutToChange();
    if (all) {
        beginRemoveRows({}, row, row);
        m_rows.erase(m_rows.begin() + row);
        endRemoveRows();
    } else {
        m_rows[static_cast<std::size_t>(row)]["holeCount"] = 5;
        Q_EMIT dataChanged(index(row), index(row),
                           {Qt::UserRole + 1 + static_cast<int>(roles().indexOf("holeCount"))});
    }
    beginInsertRows({}, row, row + rows - 1);
    for (int i = 0; i < rows; ++i) {
        QVariantMap made = makeRow();
        made["hole"] = false;
        m_rows.insert(m_rows.begin() + row, made);
    }
    endInsertRows();
    Q_EMIT countChanged();
    Q_EMIT changed();
}

void FakeTimeline::fillWith(const QStringList& texts)
{
    beginResetModel();
    m_rows.clear();
    for (const QString& text : texts) {
        QVariantMap row = makeRow();
        for (const char* role : {"body", "senderName", "senderInitials", "replySender", "replyText",
                                 "errorText", "dayText", "timeText", "statusText"})
            row[role] = text;
        row["replySeq"] = 1;
        row["groupStart"] = true;
        row["groupEnd"] = true;
        row["deleted"] = false;
        row["hole"] = false;
        row["kind"] = m_rows.size() % 5 == 0 ? 3 : 0;
        row["status"] = m_rows.size() % 3 == 0 ? 7 : 4;
        m_rows.push_back(row);
    }
    m_ready = true;
    endResetModel();
    Q_EMIT readyChanged();
    Q_EMIT opened();
}

void FakeTimeline::setRowsBefore(qint64 rows)
{
    m_rowsBefore = rows;
    Q_EMIT extentChanged();
}

void FakeTimeline::setAtNewest(bool atNewest)
{
    m_atNewest = atNewest;
    Q_EMIT edgesChanged();
}

void FakeTimeline::setFirstUnreadRow(int row)
{
    m_firstUnreadRow = row;
    Q_EMIT unreadChanged();
}

} // namespace Skein
