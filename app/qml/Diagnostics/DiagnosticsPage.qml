pragma ComponentBehavior: Bound

import QtQuick
import Skein
import Skein.Controls
import Skein.Native
import Skein.Theme

// How the connection, the queue and the device are doing, and what happened to any message. Covers
// the window; Esc leads back.
FocusScope {
    id: page

    required property Client client
    property string wantedStory
    readonly property alias diagnostics: diagnostics
    readonly property bool wide: page.width >= 860
    readonly property int margin: page.width < 560 ? Theme.gap : Theme.gapHuge
    property bool copied: false
    signal closed

    function figure(name: string): int {
        for (let i = 0; i < diagnostics.figures.length; ++i)
            if (diagnostics.figures[i].name === name)
                return diagnostics.figures[i].value;
        return 0;
    }
    // What has the focus is on screen.
    function reveal(item: Item) {
        for (let up = item; up; up = up.parent)
            if (up === columns) {
                const y = item.mapToItem(flick.contentItem, 0, 0).y;
                if (y < flick.contentY)
                    flick.contentY = Math.max(0, y - 24);
                else if (y + item.height > flick.contentY + flick.height)
                    flick.contentY = Math.min(Math.max(0, flick.contentHeight - flick.height), y + item.height - flick.height + 24);
                return;
            }
    }

    objectName: "diagnostics"
    focus: true
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Diagnostics")
    Keys.onEscapePressed: page.closed()
    Keys.onPressed: event => {
        const most = Math.max(0, flick.contentHeight - flick.height);
        event.accepted = true;
        if (event.key === Qt.Key_PageDown)
            flick.contentY = Math.min(most, flick.contentY + 0.9 * flick.height);
        else if (event.key === Qt.Key_PageUp)
            flick.contentY = Math.max(0, flick.contentY - 0.9 * flick.height);
        else if (event.key === Qt.Key_Back)
            page.closed();
        else
            event.accepted = false;
    }
    Component.onCompleted: {
        if (page.wantedStory !== "")
            diagnostics.lookUp(page.wantedStory);
        back.forceActiveFocus(Qt.OtherFocusReason);
    }

    Diagnostics {
        id: diagnostics
        client: page.client
        active: page.visible
    }
    Connections {
        target: page.Window.window
        function onActiveFocusItemChanged() {
            if (page.activeFocus)
                page.reveal(page.Window.window.activeFocusItem);
        }
    }

    Rectangle {
        anchors.fill: parent
        color: Theme.window
    }
    Rectangle {
        id: header
        width: parent.width
        height: Theme.header
        color: Theme.window
        IconButton {
            id: back
            objectName: "diagnosticsBack"
            x: 6
            anchors.verticalCenter: parent.verticalCenter
            iconName: "back"
            iconColor: Theme.accent
            iconSize: 24
            label: qsTr("Back")
            onClicked: page.closed()
        }
        PlainLabel {
            x: 54
            anchors.verticalCenter: parent.verticalCenter
            width: copy.x - x - Theme.gapSmall
            text: qsTr("Diagnostics")
            font.pixelSize: Theme.sizeTitle
            font.weight: Font.DemiBold
            Accessible.ignored: false
            Accessible.role: Accessible.Heading
            Accessible.name: text
        }
        ActionButton {
            id: copy
            objectName: "copyReport"
            anchors.right: parent.right
            anchors.rightMargin: Theme.gap
            anchors.verticalCenter: parent.verticalCenter
            implicitHeight: 36
            kind: "plain"
            iconName: page.copied ? "check" : "copy"
            label: page.copied ? qsTr("Copied") : qsTr("Copy report")
            onClicked: page.copyReport()
        }
        Rectangle {
            anchors.bottom: parent.bottom
            width: parent.width
            height: 1
            color: Theme.line
        }
    }
    Timer {
        id: copiedFor
        interval: 2000
        onTriggered: page.copied = false
    }
    function copyReport() {
        Desktop.copy(diagnostics.report());
        page.copied = true;
        copiedFor.restart();
    }

    Flickable {
        id: flick
        objectName: "diagnosticsFlick"
        anchors.fill: parent
        anchors.topMargin: header.height
        contentHeight: columns.height + 2 * page.margin
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        Item {
            id: columns
            readonly property int both: Math.min(flick.width - 2 * page.margin, 1240)
            readonly property int columnWidth: page.wide ? Math.floor((both - Theme.gapLarge) / 2) : both
            x: Math.round((flick.width - both) / 2)
            y: page.margin
            width: both
            height: page.wide ? Math.max(left.height, right.height) : left.height + Theme.gapLarge + right.height
            // Where there is one column, what was asked for comes first.
            readonly property bool storyFirst: !page.wide && page.wantedStory !== ""
            Column {
                id: left
                y: columns.storyFirst ? right.height + Theme.gapLarge : 0
                width: columns.columnWidth
                spacing: Theme.gapLarge
                StateCard {
                    width: parent.width
                    client: page.client
                }
                Card {
                    width: parent.width
                    title: qsTr("Figures")
                    FigureGrid {
                        width: parent.width
                        figures: [
                            {
                                "title": qsTr("Waiting"),
                                "value": page.client.queuedCount
                            },
                            {
                                "title": qsTr("Failed"),
                                "value": page.client.failedCount,
                                "bad": page.client.failedCount > 0
                            },
                            {
                                "title": qsTr("Reconnects"),
                                "value": page.figure("reconnects")
                            },
                            {
                                "title": qsTr("Disk errors"),
                                "value": page.figure("store_errors"),
                                "bad": page.figure("store_errors") > 0
                            }
                        ]
                    }
                }
                Card {
                    width: parent.width
                    title: qsTr("How long things take")
                    Grid {
                        id: plots
                        width: parent.width
                        columns: width >= 440 ? 2 : 1
                        columnSpacing: Theme.gapHuge
                        rowSpacing: Theme.gap
                        Repeater {
                            model: diagnostics.plots.length
                            LatencyPlot {
                                id: plot
                                required property int index
                                width: Math.floor((plots.width - (plots.columns - 1) * plots.columnSpacing) / plots.columns)
                                measured: diagnostics.plots[plot.index]
                            }
                        }
                    }
                }
            }
            Column {
                id: right
                x: page.wide ? columns.columnWidth + Theme.gapLarge : 0
                y: page.wide || columns.storyFirst ? 0 : left.height + Theme.gapLarge
                width: columns.columnWidth
                spacing: Theme.gapLarge
                StoryCard {
                    width: parent.width
                    diagnostics: diagnostics
                }
                Card {
                    width: parent.width
                    title: qsTr("Earlier connections")
                    EventLines {
                        objectName: "connections"
                        width: parent.width
                        limit: 12
                        events: diagnostics.connections
                    }
                }
                LogCard {
                    width: parent.width
                    lines: diagnostics.log
                    onCopyWanted: page.copyReport()
                }
            }
        }
    }
    ScrollThumb {
        anchors.right: parent.right
        y: header.height
        height: parent.height - header.height
        size: flick.contentHeight > 0 ? Math.min(1, flick.height / flick.contentHeight) : 1
        position: flick.contentHeight > 0 ? flick.contentY / flick.contentHeight : 0
        active: flick.moving
        onDragged: position => flick.contentY = position * flick.contentHeight
    }
}
