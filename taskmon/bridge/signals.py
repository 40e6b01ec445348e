"""What PySide keeps of a signal, without keeping its sender."""

from __future__ import annotations

from PySide6.QtCore import QMetaMethod, QObject


def method_of(sender: QObject, name: str) -> QMetaMethod:
    """Return the method that a signal of this `name` is to Qt, for `QObject.isSignalConnected`.

    `QMetaMethod.fromSignal` of PySide 6.11 and 6.12 takes a reference to the sender and never gives it back: a table
    that has been closed would stay in memory with its picture.
    """
    meta = sender.metaObject()
    methods = (meta.method(number) for number in reversed(range(meta.methodCount())))
    return next(method for method in methods if method.name() == name)
