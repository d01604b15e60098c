"""Find where the settings files say what a setting holds.

A file is parsed, never run again. What is found is held against the value that the
settings really have; what is computed, or in doubt, has no place, and is then told
by its path alone. Lines and columns count from 1, columns in UTF-16 units.
"""
from __future__ import annotations

import ast
import sys
import tokenize
from importlib.util import resolve_name
from typing import Any, Iterator, Mapping

# What a name leads to may be a name again, in another file.
HOPS = 20
# The name of what a mapping takes from another one.
SPREAD = object()


class Source:
    """One settings file: what it assigns, changes and imports, in the order of the text."""

    def __init__(self, module: Any) -> None:
        self.module, self.file = module, module.__file__
        with tokenize.open(self.file) as stream:
            text = stream.read()
        self.lines = text.split("\n")
        # Those that a place is on, by their numbers: a line is told once, however much stands on it.
        self.told: dict[str, str] = {}
        self.assigned: dict[str, list[tuple[ast.AST, ast.expr]]] = {}
        self.changes: dict[str, list[tuple[tuple, ast.expr]]] = {}
        self.imports: list[ast.ImportFrom] = []
        for node in statements(ast.parse(text).body):
            self.note(node)

    def note(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ImportFrom):
            self.imports.append(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self.assign(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self.assign(node.target, node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.BitOr):
            self.change(node.target, node.value)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and called.attr == "update":
                for argument in node.value.args[:1]:
                    self.change(called.value, argument)

    def assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.assigned.setdefault(target.id, []).append((target, value))
        elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            self.change(target.value, ast.Dict([target.slice], [value]))

    def change(self, target: ast.expr, value: ast.expr) -> None:
        """`NAME["web"]["ARGS"]` gets what the mapping `value` holds."""
        steps: list[Any] = []
        while isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            steps.insert(0, target.slice.value)
            target = target.value
        if isinstance(target, ast.Name):
            self.changes.setdefault(target.id, []).append((tuple(steps), value))

    def sources(self, name: str) -> Iterator[tuple[Source, str]]:
        """The files that this one may have `name` from, the last import first."""
        for node in reversed(self.imports):
            for alias in node.names:
                if alias.name == "*":
                    wanted = name
                elif (alias.asname or alias.name) == name:
                    wanted = alias.name
                else:
                    continue
                source = source_of("." * node.level + (node.module or ""), self.module)
                if source is not None and wanted in vars(source.module):
                    yield source, wanted

    def span(self, node: ast.AST, length: int | None = None) -> dict[str, Any]:
        """Where a node stands; of several lines, to the end of its first, as for YAML."""
        excerpt = self.lines[node.lineno - 1]
        column = self.column(excerpt, node.col_offset)
        if length is not None:
            end = column + length
        elif node.end_lineno == node.lineno:
            end = self.column(excerpt, node.end_col_offset)
        else:
            end = units(excerpt) + 1
        self.told[str(node.lineno)] = excerpt
        place = {"file": self.file, "line": node.lineno, "column": column}
        return {**place, "endColumn": max(end, column + 1)}

    @staticmethod
    def column(line: str, offset: int) -> int:
        return units(line.encode()[:offset].decode(errors="ignore")) + 1


cache: dict[str, Source | None] = {}


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def statements(body: list) -> Iterator[ast.stmt]:
    """Those of the module itself: also below if, try, with and for."""
    for node in body:
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for block in ("body", "handlers", "cases", "orelse", "finalbody"):
            yield from statements(getattr(node, block, None) or [])


def source_of(name: str, beside: Any = None) -> Source | None:
    """The file of a module that has been imported; None where there is no Python text."""
    try:
        full = resolve_name(name, getattr(beside, "__package__", None))
    except (ImportError, ValueError):
        return None
    module = sys.modules.get(full)
    if not str(getattr(module, "__file__", None)).endswith(".py"):
        return None
    if full not in cache:
        try:
            cache[full] = Source(module)
        # A file that has gone or changed since, or that this parser does not take.
        except (OSError, SyntaxError, UnicodeError, ValueError, RecursionError):
            cache[full] = None
    return cache[full]


class Finder:
    def __init__(self) -> None:
        self.found: dict[tuple, dict[str, Any]] = {}

    def setting(self, source: Source, name: str, value: Any, path: tuple, hops: int = 0) -> bool:
        """A name of a file, whatever its value is made of; false where no text of it is known."""
        chosen = choose(source, name, value)
        if chosen is not None:
            target, node = chosen
            self.put(source, path, source.span(target), node, value)
            self.inside(source, node, value, path, frozenset([name]), hops)
        elif hops < HOPS:
            origins = source.sources(name)
            if not any(self.setting(one, old, value, path, hops + 1) for one, old in origins):
                return False
        for steps, node in source.changes.get(name, []):
            inner = value
            for step in steps:
                inner = inner.get(step) if isinstance(inner, Mapping) else None
            self.inside(source, node, inner, (*path, *steps), frozenset([name]), hops)
        return True

    def put(self, source: Source, path: tuple, key: Any, node: ast.expr, value: Any) -> None:
        # What an earlier text said below this path is no longer so.
        for other in [one for one in self.found if one[:len(path)] == path]:
            del self.found[other]
        shown = source.span(node) if fits(node, value) else None
        self.found[path] = {"path": list(path), "key": key, "value": shown}

    def inside(
        self, source: Source, node: ast.expr, value: Any, path: tuple, seen: frozenset, hops: int
    ) -> None:
        if hops > HOPS:
            return
        if isinstance(node, ast.Name):
            self.named(source, node.id, value, path, seen, hops + 1)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            self.inside(source, node.left, value, path, seen, hops + 1)
            self.inside(source, node.right, value, path, seen, hops + 1)
        elif isinstance(node, ast.IfExp):
            branches = [one for one in (node.body, node.orelse) if fits(one, value)]
            if len(branches) == 1:
                self.inside(source, branches[0], value, path, seen, hops + 1)
        elif isinstance(value, Mapping):
            for key, name, item in pairs(source, node):
                if name is SPREAD:
                    self.inside(source, item, value, path, seen, hops + 1)
                elif name in value:
                    below = (*path, name if isinstance(name, str) else repr(name))
                    self.put(source, below, key, item, value[name])
                    self.inside(source, item, value[name], below, seen, hops + 1)
        elif isinstance(value, (list, tuple)) and isinstance(node, (ast.List, ast.Tuple)):
            if len(node.elts) == len(value):
                for index, (item, one) in enumerate(zip(node.elts, value)):
                    self.put(source, (*path, index), source.span(item), item, one)
                    self.inside(source, item, one, (*path, index), seen, hops + 1)

    def named(
        self, source: Source, name: str, value: Any, path: tuple, seen: frozenset, hops: int
    ) -> None:
        """`WORKER` or `**COMMON`: on with what that name was given, here or where it is from."""
        chosen = None if name in seen else choose(source, name, value)
        if chosen is not None:
            self.inside(source, chosen[1], value, path, seen | {name}, hops)
            return
        for origin, old in source.sources(name):
            chosen = choose(origin, old, value)
            if chosen is not None:
                self.inside(origin, chosen[1], value, path, frozenset([old]), hops)
                return


def pairs(source: Source, node: ast.expr) -> Iterator[tuple[Any, Any, ast.expr]]:
    """The keys of `{...}` and `dict(...)` with their places and values."""
    if isinstance(node, ast.Dict):
        for key, item in zip(node.keys, node.values):
            if key is None:
                yield None, SPREAD, item
            elif isinstance(key, ast.Constant):
                yield source.span(key), key.value, item
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        for item in node.args[:1]:
            yield None, SPREAD, item
        for word in node.keywords:
            if word.arg is None:
                yield None, SPREAD, word.value
            else:
                yield source.span(word, units(word.arg)), word.arg, word.value


def choose(source: Source, name: str, value: Any) -> tuple[ast.AST, ast.expr] | None:
    """Of several assignments, in branches perhaps, the last that can have given this value."""
    told = source.assigned.get(name, [])
    if len(told) < 2:
        return told[0] if told else None
    return next((one for one in reversed(told) if fits(one[1], value)), None)


def fits(node: ast.expr, value: Any) -> bool:
    """Whether a text can have given this value, as far as it is written out."""
    if isinstance(node, ast.Constant):
        return bool(node.value == value)
    if isinstance(node, ast.Dict) and isinstance(value, Mapping):
        return all(
            key.value in value and fits(item, value[key.value])
            for key, item in zip(node.keys, node.values)
            if isinstance(key, ast.Constant)
        )
    return True


def places(module: str, setting: str, value: Any) -> dict[str, Any]:
    """Places of keys and values of `setting`, each with its path, and the lines that they are on."""
    source = source_of(module)
    finder = Finder()
    if source is not None:
        finder.setting(source, setting, value, (setting,))
    lines = {one.file: one.told for one in cache.values() if one is not None}
    return {"places": list(finder.found.values()), "lines": lines}
