<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
    <context>
        <name>AccountMenu</name>
        <message numerus="yes">
            <source>No more than %n account(s)</source>
            <translation>
                <numerusform>No more than %n account</numerusform>
                <numerusform>No more than %n accounts</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ChatPage</name>
        <message numerus="yes">
            <source>%n message(s) are not sent yet and would be lost.</source>
            <translation>
                <numerusform>%n message is not sent yet and would be lost.</numerusform>
                <numerusform>%n messages are not sent yet and would be lost.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Composer</name>
        <message numerus="yes">
            <source>Slowed down by the server. Your messages go on in %n second(s).</source>
            <translation>
                <numerusform>Slowed down by the server. Your messages go on in %n second.</numerusform>
                <numerusform>Slowed down by the server. Your messages go on in %n seconds.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ConnectionBanner</name>
        <message numerus="yes">
            <source>%n message(s) wait to be sent.</source>
            <translation>
                <numerusform>%n message waits to be sent.</numerusform>
                <numerusform>%n messages wait to be sent.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n message(s) could not be sent.</source>
            <translation>
                <numerusform>%n message could not be sent.</numerusform>
                <numerusform>%n messages could not be sent.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Next attempt in %n second(s).</source>
            <translation>
                <numerusform>Next attempt in %n second.</numerusform>
                <numerusform>Next attempt in %n seconds.</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>HoleRow</name>
        <message numerus="yes">
            <source>Loading %n message(s)</source>
            <translation>
                <numerusform>Loading %n message</numerusform>
                <numerusform>Loading %n messages</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n message(s) come with the connection</source>
            <translation>
                <numerusform>%n message comes with the connection</numerusform>
                <numerusform>%n messages come with the connection</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n message(s) did not come</source>
            <translation>
                <numerusform>%n message did not come</numerusform>
                <numerusform>%n messages did not come</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>JumpButton</name>
        <message numerus="yes">
            <source>Jump to the newest message, %n unread</source>
            <translation>
                <numerusform>Jump to the newest message, %n unread</numerusform>
                <numerusform>Jump to the newest message, %n unread</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>RoomDelegate</name>
        <message numerus="yes">
            <source>%n unread</source>
            <translation>
                <numerusform>%n unread</numerusform>
                <numerusform>%n unread</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>RoomHeader</name>
        <message numerus="yes">
            <source>%n member(s)</source>
            <translation>
                <numerusform>%n member</numerusform>
                <numerusform>%n members</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Skein</name>
        <message numerus="yes">
            <source>%n people are typing…</source>
            <translation>
                <numerusform>%n person is typing…</numerusform>
                <numerusform>%n people are typing…</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>Main</name>
        <message numerus="yes">
            <source>%n unsent message(s)</source>
            <translation>
                <numerusform>%n unsent message</numerusform>
                <numerusform>%n unsent messages</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n draft(s)</source>
            <translation>
                <numerusform>%n draft</numerusform>
                <numerusform>%n drafts</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>LatencyPlot</name>
        <message numerus="yes">
            <source>%n time(s)</source>
            <translation>
                <numerusform>%n time</numerusform>
                <numerusform>%n times</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>StateCard</name>
        <message numerus="yes">
            <source>Next attempt in %n second(s).</source>
            <translation>
                <numerusform>Next attempt in %n second.</numerusform>
                <numerusform>Next attempt in %n seconds.</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>Slowed down: the queue goes on in %n second(s).</source>
            <translation>
                <numerusform>Slowed down: the queue goes on in %n second.</numerusform>
                <numerusform>Slowed down: the queue goes on in %n seconds.</numerusform>
            </translation>
        </message>
    </context>
</TS>
