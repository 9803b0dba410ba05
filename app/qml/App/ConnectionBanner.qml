import QtQuick
import Skein
import Skein.Controls

// One line for everything about the connection and the queue: why, how long, and what to do.
Banner {
    id: banner

    required property Client client
    // A short break is no news.
    property bool lasting: false
    readonly property bool down: !banner.client.online
    readonly property bool failed: banner.client.failedCount > 0
    readonly property string queue: banner.client.queuedCount > 0 ? " " + qsTr("%n message(s) wait to be sent.", "", banner.client.queuedCount) : ""

    objectName: "banner"
    shown: banner.down ? banner.lasting : banner.failed
    tone: banner.down && banner.client.state !== Client.Stopped ? "warning" : "danger"
    iconName: banner.down ? "offline" : "alert"
    message: {
        if (!banner.down)
            return qsTr("%n message(s) could not be sent.", "", banner.client.failedCount);
        if (banner.client.state === Client.Waiting && banner.client.retryInSeconds > 0)
            return qsTr("No connection. Next attempt in %n second(s).", "", banner.client.retryInSeconds) + banner.queue;
        if (banner.client.state === Client.Stopped && banner.client.errorText !== "")
            return banner.client.errorText;
        return banner.client.stateText + banner.queue;
    }
    actionLabel: !banner.down ? qsTr("Retry all") : banner.client.state === Client.Waiting ? qsTr("Retry now") : ""
    onActed: banner.down ? banner.client.retryNow() : banner.client.retryAllFailed()
    onDownChanged: {
        if (banner.down)
            patience.restart();
        else
            banner.lasting = false;
    }
    Component.onCompleted: if (banner.down)
        patience.restart()

    Timer {
        id: patience
        interval: 1200
        onTriggered: banner.lasting = banner.down
    }
}
