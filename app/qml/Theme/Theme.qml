pragma Singleton

import QtQuick
import Skein.Native

// Colours by role, sizes, type scale and durations: the only place that knows a figure.
QtObject {
    id: theme

    // "system", "light" or "dark"
    property string mode: "system"
    readonly property bool dark: theme.mode === "dark" || (theme.mode === "system" && Desktop.systemDark)

    // ---- surfaces ----
    readonly property color window: theme.dark ? "#15151c" : "#ffffff"
    readonly property color side: theme.dark ? "#1b1b24" : "#f6f6fb"
    readonly property color canvas: theme.dark ? "#121218" : "#fdfdff"
    readonly property color raised: theme.dark ? "#262633" : "#ffffff"
    readonly property color field: theme.dark ? "#272734" : "#ececf4"
    readonly property color hover: theme.dark ? "#252531" : "#ebebf4"
    readonly property color pressed: theme.dark ? "#2e2e3d" : "#e0e0ee"
    readonly property color selected: theme.dark ? "#34315f" : "#e3e1fb"
    readonly property color line: theme.dark ? "#2b2b38" : "#e4e4ee"
    readonly property color scrim: theme.dark ? "#a0000000" : "#66181828"

    // ---- text ----
    readonly property color text: theme.dark ? "#eeeef6" : "#1a1a26"
    readonly property color textSoft: theme.dark ? "#a5a5b8" : "#62627a"
    readonly property color textFaint: theme.dark ? "#84849a" : "#7c7c92"
    readonly property color textOnAccent: "#ffffff"

    // ---- meaning ----
    readonly property color accent: theme.dark ? "#7f79f2" : "#5b55d6"
    readonly property color accentHover: theme.dark ? "#8d88f5" : "#4f49c8"
    readonly property color accentPressed: theme.dark ? "#6f69e0" : "#453fb6"
    readonly property color accentFill: theme.dark ? "#615bd6" : "#5b55d6"
    readonly property color focus: theme.dark ? "#a9a5ff" : "#5b55d6"
    readonly property color danger: theme.dark ? "#ff7b7b" : "#c92a3b"
    readonly property color warning: theme.dark ? "#f2b64a" : "#9a6200"
    readonly property color good: theme.dark ? "#54cf94" : "#16794a"
    readonly property color dangerSurface: theme.dark ? "#43222a" : "#fdecee"
    readonly property color warningSurface: theme.dark ? "#3a301c" : "#fff5df"
    readonly property color goodSurface: theme.dark ? "#1c362a" : "#e6f6ed"

    // ---- bubbles ----
    readonly property color bubble: theme.dark ? "#252532" : "#eeeef6"
    readonly property color bubbleText: theme.text
    readonly property color bubbleSoft: theme.dark ? "#9a9aae" : "#6a6a80"
    readonly property color ownBubble: theme.dark ? "#544ec4" : "#5b55d6"
    readonly property color ownBubbleText: "#ffffff"
    readonly property color ownBubbleSoft: "#dddbff"
    readonly property color ownBubbleFailed: theme.dark ? "#3d3a78" : "#8a86dd"
    readonly property color highlight: theme.dark ? "#3a3566" : "#dcd9ff"

    // Senders and rooms, by colorIndex. The first row fills avatars, the second writes names.
    readonly property var avatarFills: ["#6560d6", "#2b84c0", "#238f74", "#bd7520", "#c64a6a", "#864fc4", "#4873cc", "#ab5138"]
    readonly property var nameLight: ["#4f49c8", "#1c6ba3", "#12705a", "#8f540a", "#ad3253", "#6f39ae", "#3159b5", "#96402a"]
    readonly property var nameDark: ["#a5a1ff", "#72c2f2", "#63d3b8", "#f0b36a", "#f48ea8", "#c9a0f5", "#93b4ff", "#ef9a80"]

    function avatarColor(index: int): color {
        return theme.avatarFills[((index % 8) + 8) % 8];
    }
    function nameColor(index: int): color {
        const i = ((index % 8) + 8) % 8;
        return theme.dark ? theme.nameDark[i] : theme.nameLight[i];
    }
    function hex(value: color): string {
        return value.toString().substring(1);
    }

    // ---- type ----
    readonly property int sizeTiny: 11
    readonly property int sizeSmall: 12
    readonly property int sizeMeta: 13
    readonly property int sizeBody: 15
    readonly property int sizeTitle: 17
    readonly property int sizeHero: 26

    // ---- spacing and sizes ----
    readonly property int gapTiny: 4
    readonly property int gapSmall: 8
    readonly property int gap: 12
    readonly property int gapLarge: 16
    readonly property int gapHuge: 24
    readonly property int radiusSmall: 8
    readonly property int radius: 12
    readonly property int radiusBubble: 18
    readonly property int radiusTail: 6
    readonly property int control: 40
    readonly property int header: 64
    readonly property int avatar: 46
    readonly property int avatarSmall: 34
    readonly property int roomRow: 72
    readonly property int dayLine: 44
    readonly property int unreadLine: 36
    readonly property int columnMax: 860
    readonly property int bubbleMax: 560
    readonly property int twoPanesFrom: 720
    readonly property int sideWidth: 340
    readonly property int focusWidth: 2

    // ---- motion ----
    readonly property int fast: Desktop.reducedMotion ? 0 : 110
    readonly property int normal: Desktop.reducedMotion ? 0 : 180
}
