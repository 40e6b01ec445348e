<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>taskmon</name>
    <message numerus="yes">
        <source>%n failed</source>
        <translation>
            <numerusform>%n failed</numerusform>
            <numerusform>%n failed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n task(s)</source>
        <translation>
            <numerusform>%n task</numerusform>
            <numerusform>%n tasks</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n task(s) finished</source>
        <translation>
            <numerusform>%n task finished</numerusform>
            <numerusform>%n tasks finished</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n task(s) had not ended when taskmon did, and were lost.</source>
        <translation>
            <numerusform>%n task had not ended when taskmon did, and was lost.</numerusform>
            <numerusform>%n tasks had not ended when taskmon did, and were lost.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n task(s) written to “{path}”</source>
        <translation>
            <numerusform>%n task written to “{path}”</numerusform>
            <numerusform>%n tasks written to “{path}”</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>, %n of them failed</source>
        <translation>
            <numerusform>, one of them failed</numerusform>
            <numerusform>, %n of them failed</numerusform>
        </translation>
    </message>
</context>
</TS>
