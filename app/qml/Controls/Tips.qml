pragma Singleton

import QtQuick

// Who wants a tooltip. One TipLayer per window shows it.
QtObject {
    id: tips

    property Item target: null
    property string text

    function show(item: Item, words: string) {
        tips.text = words;
        tips.target = item;
    }
    function hide(item: Item) {
        if (tips.target === item)
            tips.target = null;
    }
}
