import QtQuick
import Skein
import Skein.Controls

// One line for everything about the connection and the queue: why, how long, and what to do.
Banner {
    id: banner

    required property Client client
    signal signInWanted
    // A short break is no news.
    property bool lasting: false
    readonly property bool down: !banner.client.online
    // Said for a while when it begins; after that the line under the name says it.
    property bool news: false
    readonly property bool waits: banner.client.state === Client.Waiting || banner.client.state === Client.Offline
    readonly property bool fallback: banner.client.viaHttp
    readonly property bool failed: banner.client.failedCount > 0
    readonly property bool behind: banner.client.state === Client.CatchingUp
    // Why, in the words of the error; never a bare countdown.
    readonly property string reason: banner.client.errorText !== "" ? banner.client.errorText : banner.client.stateText
    readonly property string queue: banner.client.queuedCount > 0 ? " " + qsTr("%n message(s) wait to be sent.", "", banner.client.queuedCount) : ""

    objectName: "banner"
    shown: banner.down ? banner.lasting : banner.failed || (banner.behind && banner.lasting) || banner.news
    tone: (banner.down ? banner.client.state === Client.Stopped : banner.failed) ? "danger" : banner.down || !banner.behind ? "warning" : "good"
    iconName: banner.down ? "offline" : banner.behind && !banner.failed ? "retry" : "alert"
    message: {
        if (!banner.down && banner.failed)
            return qsTr("%n message(s) could not be sent.", "", banner.client.failedCount) + banner.queue;
        if (!banner.down && banner.behind)
            return banner.client.stateText + banner.queue;
        if (!banner.down)
            return qsTr("This network lets no live connection through: connected over HTTP, which may be slower.");
        if (banner.waits && banner.client.retryInSeconds > 0)
            return banner.reason + " " + qsTr("Next attempt in %n second(s).", "", banner.client.retryInSeconds) + banner.queue;
        if (banner.client.signInNeeded && banner.client.errorCode === "keychain_unavailable")
            return banner.client.errorText + " " + qsTr("Unlock it and start Skein again, or sign in.") + banner.queue;
        if (banner.client.state === Client.Stopped && banner.client.errorText !== "")
            return banner.client.errorText + banner.queue;
        return banner.client.stateText + banner.queue;
    }
    actionLabel: banner.down ? (banner.waits ? qsTr("Retry now") : banner.client.signInNeeded ? qsTr("Sign in") : "") : !banner.failed ? "" : banner.client.failedCount > 1 ? qsTr("Retry all") : qsTr("Retry")
    onActed: {
        if (banner.client.signInNeeded)
            banner.signInWanted();
        else if (banner.down)
            banner.client.retryNow();
        else
            banner.client.retryAllFailed();
    }
    readonly property bool unsettled: banner.down || banner.behind
    onUnsettledChanged: {
        if (banner.unsettled)
            patience.restart();
        else
            banner.lasting = false;
    }
    onFallbackChanged: {
        banner.news = false;
        httpPatience.running = banner.fallback;
    }
    Component.onCompleted: if (banner.unsettled)
        patience.restart()

    // Longer than the first look for a socket takes.
    Timer {
        id: httpPatience
        interval: 8000
        onTriggered: {
            banner.news = true;
            newsTime.restart();
        }
    }
    Timer {
        id: newsTime
        interval: 10000
        onTriggered: banner.news = false
    }
    Timer {
        id: patience
        interval: 1200
        onTriggered: banner.lasting = banner.unsettled
    }
}
