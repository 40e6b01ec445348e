"""Message boxes that show text as it is, and files that the desktop opens.

Imported when the first one is shown: `QMessageBox` is slow to load.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QInputDialog, QLabel, QMessageBox, QPushButton, QWidget

from taskmon.bridge.language import tr
from taskmon.bridge.table.ending import SIGNAL_LABELS
from taskmon.core.base.text import plain
from taskmon.core.task import ladder


def message_box(parent: QWidget | None, icon: QMessageBox.Icon, title: str, text: str, detail: str = "") -> QMessageBox:
    """Return a message box, window-modal and not yet shown, whose texts are plain."""
    box = QMessageBox(parent)
    box.setIcon(icon)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)  # before the texts: it holds for the informative one as well
    box.setText(text)
    box.setInformativeText(detail)
    box.setWindowModality(Qt.WindowModality.WindowModal)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return box


def inform(
    parent: QWidget | None, title: str, text: str, detail: str = "", more: str = "", *, warn: bool = False
) -> None:
    """Tell the user something. Returns at once."""
    icon = QMessageBox.Icon.Warning if warn else QMessageBox.Icon.Information
    box = message_box(parent, icon, title, text, detail)
    if more:
        box.setDetailedText(more)
    box.open()


def ask(parent: QWidget | None, title: str, text: str, detail: str, *, yes: str, no: str) -> QPushButton:
    """Ask whether to go on with something that cannot be undone. Return the button that says so. Returns at once."""
    box = message_box(parent, QMessageBox.Icon.Question, title, text, detail)
    button = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
    button.setProperty("danger", True)  # as where it was asked for
    button.style().polish(button)  # it has been looked at for the style sheet when it was added
    box.setDefaultButton(box.addButton(no, QMessageBox.ButtonRole.RejectRole))
    box.open()
    return button


def ask_about_signal(parent: QWidget, name: str, signal: str) -> QPushButton:
    """Ask whether a program or a process is to be sent a signal. Return the button that says so."""
    return ask(
        parent,
        tr("Send a signal"),
        tr("Send {signal} to {name}, and to any process that it has started?").format(signal=signal, name=name),
        tr("It ends at once and cannot clean up: what it is writing may be left half written.")
        if signal == ladder.KILL
        else tr("It is asked to end, and may clean up before it does."),
        yes=tr(SIGNAL_LABELS[signal]),
        no=tr("Leave it alone"),
    )


# The questions of the table, asked without waiting for the answer. Imported when the first one is asked.

#: Names that are listed in a question; of more, the number is told.
_MOST_NAMES: Final = 8
#: Characters of one of them, and of one with what a cancel does to it: names that fill several lines fill the screen.
LONGEST_NAME: Final = 80
_LONGEST_LINE: Final = 200
_MOST_AT_ONCE: Final = 512


def ask_before_cancelling(
    parent: QWidget,
    count: int,
    names: Sequence[str],
    *,
    others: Sequence[str],
    worked: Sequence[str] = (),
    left: Sequence[str] = (),
) -> QPushButton:
    """Ask whether tasks are to be cancelled although that stops `others` too, is many, or loses the work of `worked`.

    There are so many of them, and `names` has those that stand beneath none of the others. Of `left`, which were to
    stop as well, it is told that there is no way.

    Returns:
        the yes button.
    """
    one = count == 1
    what = tr("Cancel {name}?").format(name=names[0]) if one else tr("Cancel {n} tasks?").format(n=count)
    yes = tr("Cancel the task") if one else tr("Cancel {n} tasks").format(n=count)
    details = []
    if worked:
        details.append(tr("More than 10 minutes of work may be lost:") + "\n" + _listed(worked))
    if others:
        which = tr("It shares its stop flag. These stop with it:") if one else tr("These stop with them:")
        details.append(which + "\n" + _listed(others))
        yes = tr("Cancel all {n}").format(n=count + len(others))
    elif not worked:
        words = tr("Each of them is asked to stop in its own way, and leaves once it notices.")
        details.append(words + "\n" + _listed(names, _LONGEST_LINE))
    if left:
        details.append(tr("No way to stop was found for:") + "\n" + _listed(left))
    no = tr("Keep it running") if one and not others else tr("Keep them running")
    return ask(parent, tr("Cancel tasks"), what, "\n\n".join(details), yes=yes, no=no)


def _listed(names: Sequence[str], longest: int = LONGEST_NAME) -> str:
    lines = [f"• {plain(name, longest)}" for name in names[:_MOST_NAMES]]
    if len(names) > _MOST_NAMES:
        lines.append(tr("and {n} more").format(n=len(names) - _MOST_NAMES))
    return "\n".join(lines)


def ask_for_limit(parent: QWidget, limit: int, use: Callable[[int], object]) -> QInputDialog:
    """Ask how many tasks may run at once, `limit` of them now, and call `use` with the answer."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(tr("Run at once"))
    dialog.setInputMode(QInputDialog.InputMode.IntInput)
    dialog.setLabelText(tr("How many tasks may run at once? Those that run already go on."))
    for label in dialog.findChildren(QLabel):
        label.setWordWrap(True)
    dialog.setIntRange(1, _MOST_AT_ONCE)
    dialog.setIntValue(limit)
    dialog.intValueSelected.connect(use)
    dialog.show()
    return dialog


def open_file(path: str, parent: QWidget) -> None:
    """Open a file of this computer; tell the user if the desktop does not. Belongs to the UI thread."""
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(path)):
        words = tr("The desktop has opened no program for it. It is here: {path}").format(path=plain(path, 1_000))
        inform(parent.window(), tr("taskmon"), tr("The file was not opened"), words, warn=True)
