"""Looking at a stranger's objects without running a line of the stranger's code.

`getattr` may call a property, a `__getattr__` or a metaclass, any of which may block, raise or change something. Here
the real type is asked for, its dictionaries are read through the slots of `type` and `object` themselves, and what
cannot be known that way counts as unknown.
"""

from __future__ import annotations

import _collections  # type: ignore[import-not-found]
import _thread
import enum
import functools
import gc
import os
import sys
import types
from typing import Any, Final, NamedTuple

from taskmon.watch.ownership import is_started_file


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


#: In place of a value: not there, or not to be learnt without running foreign code. Never compare it but by identity.
UNKNOWN: Final = _Unknown()

#: How a name was found: in the object itself (or a class or module asked directly), on its class, …
OWN, CLASS, METHOD, PROPERTY, ABSENT, HIDDEN = "own", "class", "method", "property", "absent", "hidden"

_mro_of = type.__dict__["__mro__"].__get__
_name_of_class = type.__dict__["__name__"].__get__
_dict_of_class = type.__dict__["__dict__"].__get__
_dict_of_module = vars(types.ModuleType)["__dict__"].__get__
_getter_of = property.__dict__["fget"].__get__
_SLOT = (types.MemberDescriptorType, types.GetSetDescriptorType)
#: Built-in types that read and write attributes as `object` does, whether or not they say so once more.
_PLAIN_TYPES: Final[tuple[Any, ...]] = (
    object, type, types.ModuleType, types.SimpleNamespace, tuple, list, dict, set, frozenset, int, str, float,
    BaseException, _collections.deque, types.FunctionType,
)  # fmt: skip
_PLAIN_READS: Final = tuple(
    entry for cls in _PLAIN_TYPES if (entry := cls.__dict__.get("__getattribute__")) is not None
)
_PLAIN_WRITES: Final = tuple(entry for cls in _PLAIN_TYPES if (entry := cls.__dict__.get("__setattr__")) is not None)
_PYSIDE: Final = ("PySide6.", "PySide2.", "Shiboken", "shiboken")
_tuplegetter: Final[Any] = getattr(_collections, "_tuplegetter", None)


class Peeked(NamedTuple):
    """What stands behind a name: how it was found, the value (or function, or property), and the class that has it."""

    how: str
    value: Any = UNKNOWN
    holder: Any = None


def mro(cls: Any) -> tuple[Any, ...]:
    """The classes that instances of `cls` inherit from, itself first."""
    return _mro_of(cls)  # type: ignore[no-any-return]


def is_a(obj: object, cls: type) -> bool:
    """As `isinstance`, by the real type: neither `__class__` nor `__instancecheck__` is asked."""
    kind = type(obj)
    if kind is cls:
        return True
    for base in _mro_of(kind):  # noqa: SIM110 - asked thousands of times at a look
        if base is cls:
            return True
    return False


def is_class(obj: object) -> bool:
    """Whether it is a class, whatever its metaclass says."""
    return type(obj) is type or is_a(obj, type)


def on_class(cls: Any, name: str) -> tuple[Any, Any]:
    """The raw entry `name` of a class or of its nearest base that has it, and that base; (UNKNOWN, None) if none."""
    for base in mro(cls):
        names = _dict_of_class(base)
        if name in names:
            return names[name], base
    return UNKNOWN, None


def class_names(cls: Any) -> Any:
    """What is written in the body of a class: read only, live."""
    return _dict_of_class(cls)


def name_of(cls: Any) -> str:
    """A class's name, whatever its metaclass says."""
    return _name_of_class(cls)  # type: ignore[no-any-return]


def module_of(cls: Any) -> str:
    """The name of the module that a class was made in, whatever its metaclass says."""
    module = _dict_of_class(cls).get("__module__")
    return module if type(module) is str else "builtins"


def fields_of(cls: Any) -> list[str] | None:
    """The names that a class gives to its arguments, of one that only keeps them: a dataclass, a named tuple.

    None of any other, and of one that runs code of its own as an object is made.
    """
    if not is_class(cls) or on_class(cls, "__post_init__")[0] is not UNKNOWN:
        return None
    fields = on_class(cls, "_fields")[0]
    if is_a_subclass(cls, tuple) and type(fields) is tuple:
        return list(fields) if on_class(cls, "__init__")[0] is object.__init__ else None
    kept = _dict_of_class(cls).get("__dataclass_fields__")
    made = on_class(cls, "__init__")[0]
    if type(kept) is not dict or type(made) is not types.FunctionType or not made.__code__.co_filename.startswith("<"):
        return None
    return list(made.__code__.co_varnames[1 : made.__code__.co_argcount])


def is_a_subclass(cls: Any, of: type) -> bool:
    """As `issubclass`, by the real classes."""
    return any(base is of for base in mro(cls))


def slot_values(obj: object) -> list[tuple[str, Any]]:
    """The values in the `__slots__` of an object's classes."""
    found = []
    for cls in mro(type(obj)):
        names = _dict_of_class(cls)
        if "__slots__" not in names:
            continue
        for name, entry in list(names.items()):
            if type(entry) is types.MemberDescriptorType:
                try:
                    found.append((name, entry.__get__(obj)))
                except Exception:  # not assigned yet
                    continue
    return found


def behind_proxy(proxy: object) -> Any:
    """The dictionary that a `mappingproxy` shows; UNKNOWN if it is one of the program's own kind."""
    behind = gc.get_referents(proxy) if type(proxy) is types.MappingProxyType else []
    return behind[0] if len(behind) == 1 and type(behind[0]) is dict else UNKNOWN


def own_names(obj: object) -> dict[str, Any] | None:
    """The attributes of the object itself, live; None if it has no dictionary or hides it."""
    if is_a(obj, types.ModuleType):
        return _dict_of_module(obj)  # type: ignore[no-any-return]
    entry, _ = on_class(type(obj), "__dict__")
    if type(entry) not in _SLOT or is_class(obj):
        return None
    try:
        names = entry.__get__(obj)
    except Exception:
        return None
    return names if type(names) is dict else None


def is_plain(obj: object) -> bool:
    """Whether reading an attribute of it runs no code of its own, and reads the same in every thread."""
    read, _ = on_class(type(obj), "__getattribute__")
    return (any(read is plain for plain in _PLAIN_READS) or _is_qts(read)) and not is_a(obj, _thread._local)


def writes_plainly(obj: object) -> bool:
    """Whether assigning to an attribute of it does just that."""
    write, _ = on_class(type(obj), "__setattr__")
    return any(write is plain for plain in _PLAIN_WRITES) or _is_qts(write)


def _is_qts(slot: Any) -> bool:
    """Whether it is how PySide reads or writes attributes: in C, and for names that are not Qt's as `object` does."""
    return type(slot) is types.WrapperDescriptorType and module_of(slot.__objclass__).startswith(_PYSIDE)


def peek(obj: object, name: str) -> Peeked:
    """What `obj.name` would be. Runs nothing of the object's own."""
    if not is_plain(obj):
        return Peeked(HIDDEN)
    entry, holder = on_class(type(obj), name)
    if entry is not UNKNOWN and (special := _descriptor(obj, entry, holder)) is not None:
        return special
    if is_class(obj):
        return _peek_class(obj, name)
    names = own_names(obj)
    if names is not None and name in names:
        return Peeked(OWN, names[name])
    if entry is UNKNOWN:
        getter, _ = on_class(type(obj), "__getattr__")
        return Peeked(ABSENT if getter is UNKNOWN and (names is not None or is_class(obj)) else HIDDEN)
    return _bound(obj, entry, holder)


def peek_above(obj: object, after: object, name: str) -> Peeked:
    """What `super().name` would be in a method of the class `after`."""
    bases = mro(type(obj))
    position = next((number for number, base in enumerate(bases) if base is after), None)
    for base in bases[position + 1 :] if position is not None else ():
        names = _dict_of_class(base)
        if name in names:
            return _bound(obj, names[name], base)
    return Peeked(HIDDEN)


def _descriptor(obj: object, entry: Any, holder: Any) -> Peeked | None:
    """What wins over the object's own dictionary: slots, properties, and descriptors nobody can see into."""
    if type(entry) in _SLOT:
        try:
            return Peeked(OWN, entry.__get__(obj), holder)
        except AttributeError:
            return Peeked(ABSENT)
        except Exception:
            return Peeked(HIDDEN)
    if type(entry) is _tuplegetter and is_a(obj, tuple):  # the field of a NamedTuple
        index = entry.__reduce__()[1][0]
        items: Any = obj
        found = index < tuple.__len__(items)
        return Peeked(OWN, tuple.__getitem__(items, index), holder) if found else Peeked(HIDDEN)
    if is_a(entry, property):
        return Peeked(PROPERTY, _getter_of(entry), holder)
    if on_class(type(entry), "__set__")[0] is not UNKNOWN:
        return Peeked(HIDDEN)
    return None


def _bound(obj: object, entry: Any, holder: Any) -> Peeked:
    """A raw class entry as seen through an instance."""
    if type(entry) is types.FunctionType:
        return Peeked(METHOD, types.MethodType(entry, obj), holder)
    if type(entry) is staticmethod:
        return Peeked(METHOD, entry.__func__, holder)
    if type(entry) is classmethod:
        return Peeked(METHOD, types.MethodType(entry.__func__, type(obj)), holder)
    if is_a(entry, property):
        return Peeked(PROPERTY, _getter_of(entry), holder)
    if type(entry) in (functools.partialmethod, functools.cached_property):
        return Peeked(HIDDEN)
    if on_class(type(entry), "__get__")[0] is not UNKNOWN and not is_class(entry):
        return Peeked(HIDDEN)
    return Peeked(CLASS, entry, holder)


def _peek_class(cls: Any, name: str) -> Peeked:
    """What `Class.name` would be."""
    if is_a(cls, enum.EnumMeta):
        members, _ = on_class(cls, "_member_map_")
        if type(members) is dict and name in members:
            return Peeked(OWN, members[name], cls)
    entry, holder = on_class(cls, name)
    if entry is UNKNOWN:
        return Peeked(ABSENT)
    if type(entry) is staticmethod:
        return Peeked(METHOD, entry.__func__, holder)
    if type(entry) is classmethod:
        return Peeked(METHOD, types.MethodType(entry.__func__, cls), holder)
    if type(entry) is types.FunctionType:
        return Peeked(METHOD, entry, holder)
    if on_class(type(entry), "__get__")[0] is not UNKNOWN and not is_class(entry):
        return Peeked(HIDDEN)
    return Peeked(OWN, entry, holder)


# Whose code it is: the program's, or a library's that merely runs in it.

_SITES = ("/site-packages/", "/dist-packages/")


@functools.cache
def _standard_library() -> tuple[str, ...]:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"  # as sysconfig says, which costs the program more
    paths = {os.path.dirname(os.__file__), os.path.join(sys.base_exec_prefix, sys.platlibdir, version)}
    return tuple(os.path.join(os.path.realpath(path), "") for path in paths if path) + tuple(
        os.path.join(path, "") for path in paths if path
    )


def is_programs(code: types.CodeType) -> bool:
    """Whether the code is the program's own: not of the standard library, not of an installed package, not taskmon's.

    What was started by `python -m`, or by a command that was installed, is the program, though it be installed.
    """
    filename = code.co_filename
    if filename.startswith("<"):
        return not filename.startswith(("<frozen", "<taskmon"))
    return is_programs_file(filename)


def is_taskmons(code: types.CodeType) -> bool:
    """Whether the code is taskmon's own."""
    return code.co_filename.startswith(("<taskmon", _TASKMON))


def is_programs_file(filename: str) -> bool:
    """As `is_programs`, for a file."""
    path = _whole(filename) if filename.startswith(os.sep) else os.path.abspath(filename)
    if path.startswith(_TASKMON):
        return False
    return not _is_installed(path) or is_started_file(path)


_whole: Final = functools.lru_cache(2048)(os.path.abspath)


@functools.lru_cache(2048)
def _is_installed(path: str) -> bool:
    flat = path.replace(os.sep, "/")
    return any(site in flat for site in _SITES) or path.startswith(_standard_library())


_TASKMON = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__spec__.origin or "")))), "")
