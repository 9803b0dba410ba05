pragma Singleton

import QtQuick

// Who wants a tooltip. One TipLayer per window shows it.
QtObject {
    id: tips

    property Item owner: null
    property string text

    function show(item: Item, words: string) {
        tips.text = words;
        tips.owner = item;
    }
    function hide(item: Item) {
        if (tips.owner === item)
            tips.owner = null;
    }
}
