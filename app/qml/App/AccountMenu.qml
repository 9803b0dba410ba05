pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import Skein
import Skein.Controls
import Skein.Theme

// The accounts of this device, with what is unread in each; another one; out of the one that is shown.
T.Popup {
    id: menu

    required property AccountList accounts
    property Item from: null
    property point at
    // By arithmetic: what is not on the screen yet has no layout to ask.
    readonly property int rowHeight: 54
    readonly property int bottomHeight: 9 + 2 * 40
    readonly property string shownName: {
        const client = menu.accounts.current;
        return client.displayName !== "" ? client.displayName : client.userName;
    }
    signal accountWanted(row: int)
    signal addWanted
    signal signOutWanted

    function openAt(item: Item) {
        menu.from = item;
        menu.at = item.mapToItem(menu.parent, 0, item.height + 2);
        menu.open();
        // After a click the highlight is enough; the keyboard needs its ring.
        const byKeyboard = (item as T.AbstractButton).visualFocus;
        menu.focusStop(Math.max(0, menu.accounts.currentRow), byKeyboard ? Qt.TabFocusReason : Qt.PopupFocusReason);
    }
    // Everything that can be chosen, from top to bottom.
    function stops(): var {
        const all = [];
        for (let row = 0; row < rows.count; ++row)
            all.push(rows.itemAt(row));
        return all.concat([add, out].filter(entry => entry.enabled));
    }
    function focusStop(at: int, reason: int) {
        const all = menu.stops();
        const item = all[(at + all.length) % all.length];
        item.forceActiveFocus(reason);
        const y = all.indexOf(item) * menu.rowHeight;
        if (item.parent === column)
            flick.contentY = Math.max(Math.min(flick.contentY, y), y + menu.rowHeight - flick.height);
    }
    function step(by: int) {
        const all = menu.stops();
        menu.focusStop(all.findIndex(item => item.activeFocus) + by, Qt.TabFocusReason);
    }

    x: Math.max(8, Math.min((menu.parent ? menu.parent.width : 0) - menu.width - 8, menu.at.x))
    y: Math.max(8, Math.min((menu.parent ? menu.parent.height : 0) - menu.height - 8, menu.at.y))
    width: Math.min(320, menu.parent ? menu.parent.width - 16 : 320)
    height: Math.min(menu.content.implicitHeight + 2 * padding, menu.parent ? menu.parent.height - 16 : 600)
    padding: 6
    modal: false
    focus: true
    closePolicy: T.Popup.CloseOnEscape | T.Popup.CloseOnPressOutside
    onClosed: if (menu.from)
        menu.from.forceActiveFocus(Qt.PopupFocusReason)

    component Entry: T.AbstractButton {
        id: entry
        property string label
        property string iconName
        property bool danger: false
        width: parent ? parent.width : 0
        implicitHeight: 40
        opacity: entry.enabled ? 1 : 0.45
        focusPolicy: Qt.StrongFocus
        hoverEnabled: true
        Accessible.role: Accessible.MenuItem
        Accessible.name: entry.label
        Keys.onReturnPressed: entry.clicked()
        Keys.onEnterPressed: entry.clicked()
        contentItem: Item {
            Icon {
                x: 17
                anchors.verticalCenter: parent.verticalCenter
                name: entry.iconName
                size: 18
                color: entry.danger ? Theme.danger : Theme.textSoft
            }
            PlainLabel {
                x: 56
                width: parent.width - x - 8
                anchors.verticalCenter: parent.verticalCenter
                text: entry.label
                color: entry.danger ? Theme.danger : Theme.text
                font.pixelSize: Theme.sizeBody - 1
            }
        }
        background: Rectangle {
            radius: Theme.radiusSmall
            color: entry.down ? Theme.pressed : entry.hovered || entry.activeFocus ? Theme.hover : "transparent"
            FocusRing {
                shown: entry.visualFocus
                inset: 0
                radius: Theme.radiusSmall
            }
        }
    }

    background: Rectangle {
        color: Theme.raised
        radius: Theme.radius
        border.color: Theme.line
    }
    contentItem: menu.content
    readonly property Item content: Item {
        objectName: "accountsMenu"
        implicitHeight: menu.accounts.count * menu.rowHeight + menu.bottomHeight
        Accessible.role: Accessible.PopupMenu
        Accessible.name: qsTr("Accounts")
        Keys.onDownPressed: menu.step(1)
        Keys.onUpPressed: menu.step(-1)
        Flickable {
            id: flick
            width: parent.width
            height: parent.height - menu.bottomHeight
            contentHeight: menu.accounts.count * menu.rowHeight
            boundsBehavior: Flickable.StopAtBounds
            interactive: contentHeight > height
            clip: true
            Column {
                id: column
                width: flick.width
                Repeater {
                    id: rows
                    model: menu.accounts
                    delegate: AccountRow {
                        id: account
                        width: column.width
                        height: menu.rowHeight
                        onClicked: {
                            menu.close();
                            menu.accountWanted(account.index);
                        }
                    }
                }
            }
        }
        Column {
            id: bottom
            anchors.bottom: parent.bottom
            width: parent.width
            height: menu.bottomHeight
            Item {
                width: parent.width
                height: 9
                Rectangle {
                    y: 4
                    x: 8
                    width: parent.width - 16
                    height: 1
                    color: Theme.line
                }
            }
            Entry {
                id: add
                objectName: "menu:addAccount"
                enabled: !menu.accounts.full
                iconName: "plus"
                label: enabled ? qsTr("Add account…") : qsTr("No more than %n account(s)", "", menu.accounts.count)
                onClicked: {
                    menu.close();
                    menu.addWanted();
                }
            }
            Entry {
                id: out
                objectName: "menu:signOut"
                iconName: "exit"
                danger: true
                label: qsTr("Sign out %1").arg(menu.shownName)
                onClicked: {
                    menu.close();
                    menu.signOutWanted();
                }
            }
        }
    }
    enter: Transition {
        NumberAnimation {
            property: "opacity"
            from: 0
            to: 1
            duration: Theme.fast
        }
    }
}
