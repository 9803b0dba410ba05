import QtQuick
import Skein.Controls
import Skein.Theme

// What belongs to the window and not to a conversation.
MenuPanel {
    id: menu

    property bool compact: false
    signal compactWanted(on: bool)
    signal devicesWanted
    signal diagnosticsWanted

    function openBelow(item: Item) {
        menu.openAt(item, 0, item.height + 4, [
            {
                "key": "theme",
                "label": Theme.dark ? qsTr("Light colours") : qsTr("Dark colours"),
                "icon": Theme.dark ? "sun" : "moon"
            },
            {
                "key": "compact",
                "label": menu.compact ? qsTr("Full window") : qsTr("Compact panel"),
                "icon": "panel"
            },
            {
                "key": "devices",
                "label": qsTr("Devices"),
                "icon": "person"
            },
            {
                "key": "diagnostics",
                "label": qsTr("Diagnostics"),
                "icon": "pulse"
            }
        ]);
    }

    onChosen: key => {
        if (key === "theme")
            Theme.mode = Theme.dark ? "light" : "dark";
        else if (key === "compact")
            menu.compactWanted(!menu.compact);
        else if (key === "devices")
            menu.devicesWanted();
        else if (key === "diagnostics")
            menu.diagnosticsWanted();
    }
}
