"""The syntax tree of CEL, read from and written back into what the runtime serialises.

The runtime gives a checked expression as `cel.expr.CheckedExpr`; the messages are described here as far as we read them (what
we do not read survives as unknown fields). Source: cel-spec, `proto/cel/expr/{syntax,checked}.proto`.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

Node = Any
"""An `Expr` message. Its kinds: const, ident, select, call, list, struct (also a map), comprehension."""

_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "int64": _FIELD.TYPE_INT64,
    "int32": _FIELD.TYPE_INT32,
    "bool": _FIELD.TYPE_BOOL,
    "string": _FIELD.TYPE_STRING,
    "double": _FIELD.TYPE_DOUBLE,
}
_SCALARS |= {"uint64": _FIELD.TYPE_UINT64, "bytes": _FIELD.TYPE_BYTES}

# Each entry: message, its fields as `number name type`; `*` is repeated, `|` one of the message's alternatives.
_MESSAGES = """
Constant: 1 |null int64, 2 |bool bool, 3 |int64 int64, 4 |uint64 uint64,
  5 |double double, 6 |string string, 7 |bytes bytes
Ident: 1 name string
Select: 1 operand Expr, 2 field string, 3 test_only bool
Call: 1 target Expr, 2 function string, 3 *args Expr
List: 1 *elements Expr
Entry: 1 id int64, 2 |field_key string, 3 |map_key Expr, 4 value Expr
Struct: 1 message_name string, 2 *entries Entry
Comprehension: 1 iter_var string, 8 iter_var2 string, 2 iter_range Expr, 3 accu_var string, 4 accu_init Expr,
  5 loop_condition Expr, 6 loop_step Expr, 7 result Expr
Expr: 2 id int64, 3 |const Constant, 4 |ident Ident, 5 |select Select,
  6 |call Call, 7 |list List, 8 |struct Struct, 9 |comprehension Comprehension
Empty:
ListType: 1 elem Type
MapType: 1 key Type, 2 value Type
Type: 1 |dyn Empty, 2 |null int64, 3 |primitive int64, 4 |wrapper int64, 5 |well_known int64, 6 |list ListType,
  7 |map MapType, 9 |message string, 10 |param string
Reference: 1 name string, 3 *overload_id string
References: 1 key int64, 2 value Reference
Types: 1 key int64, 2 value Type
Positions: 1 key int64, 2 value int32
SourceInfo: 3 *line_offsets int32, 4 *positions Positions
ParsedExpr: 2 expr Expr, 3 source_info SourceInfo
CheckedExpr: 2 *reference_map References, 3 *type_map Types, 4 expr Expr, 5 source_info SourceInfo
"""
_PRIMITIVES = {1: "bool", 2: "int", 3: "uint", 4: "double", 5: "string", 6: "bytes"}
_WELL_KNOWN = {1: "any", 2: "timestamp", 3: "duration"}


class TooDeep(ValueError):
    """The expression is nested deeper than can be read."""


class Tree:
    """A parsed or checked expression: its root, the types and references the checker found, and where each node stands.

    ``serialized`` is what it was read from, whatever is changed afterwards.
    """

    def __init__(self, serialized: bytes) -> None:
        self.serialized = serialized
        self._any = any_pb2.Any.FromString(serialized)
        self.checked = self._any.type_url.endswith("CheckedExpr")
        try:
            self.message = _MESSAGE_CLASSES["CheckedExpr" if self.checked else "ParsedExpr"].FromString(self._any.value)
        except DecodeError:
            raise TooDeep from None
        self.root: Node = self.message.expr
        self.nodes = tuple(walk(self.root))  # as written, outer ones first; of no use once the tree is rewritten
        self._positions = {each.key: each.value for each in self.message.source_info.positions}
        self._types = {each.key: type_text(each.value) for each in self.message.type_map} if self.checked else {}
        self._overloads = {each.key: each.value.overload_id for each in self.message.reference_map} if self.checked else {}

    def type_of(self, node: Node) -> str:
        """Give a node's type: int, list(string), map(string, dyn), a message's full name; dyn when it was not checked."""
        return self._types.get(node.id, "dyn")

    def overload_of(self, node: Node) -> str:
        """Give the id of the overload a call was resolved to, when it is a single one, else an empty text."""
        found = self._overloads.get(node.id, ())
        return found[0] if len(found) == 1 else ""

    def offset_of(self, node: Node) -> int:
        """Give where a node stands in the text, in characters from 0."""
        return int(self._positions.get(node.id, 0))

    def part(self, node: Node) -> Tree:
        """Give a part of the tree as a tree of its own; changing one does not change the other."""
        made = copy(self)
        made._any, made.message = type(self._any)(), type(self.message)()  # noqa: SLF001 it is one of us
        made._any.CopyFrom(self._any)  # noqa: SLF001
        made.message.CopyFrom(self.message)
        made.message.expr.CopyFrom(node)
        made.root = made.message.expr
        return made

    def serialize(self, references: dict[int, str]) -> bytes:
        """Write the changed tree back. ``references``: node id -> variable, for nodes that became variables."""
        for each in self.message.reference_map:
            if each.key in references:
                each.value.Clear()
                each.value.name = references.pop(each.key)
        for node_id, name in references.items():
            entry = self.message.reference_map.add(key=node_id)
            entry.value.name = name
        self._any.value = self.message.SerializeToString()
        return self._any.SerializeToString()


def kind(node: Node) -> str:
    """Give which alternative a node is; empty for nothing."""
    return node.WhichOneof("alternative") or ""


def literal(node: Node) -> Any:
    """Give the value of a constant, None for anything else."""
    if kind(node) != "const":
        return None
    which = node.const.WhichOneof("alternative")
    return getattr(node.const, which) if which not in {None, "null"} else None


def is_null(node: Node) -> bool:
    """Say whether the node is the constant null."""
    return kind(node) == "const" and node.const.WhichOneof("alternative") == "null"


def children(node: Node) -> Iterator[Node]:
    """Give the direct parts of a node, in the order of the text."""
    match kind(node):
        case "select":
            yield node.select.operand
        case "call":
            if node.call.HasField("target"):
                yield node.call.target
            yield from node.call.args
        case "list":
            yield from node.list.elements
        case "struct":
            for entry in node.struct.entries:
                if entry.WhichOneof("alternative") == "map_key":
                    yield entry.map_key
                yield entry.value
        case "comprehension":
            loop = node.comprehension
            yield from (loop.iter_range, loop.accu_init, loop.loop_condition, loop.loop_step, loop.result)


def walk(node: Node) -> Iterator[Node]:
    """Give a node and all below it, outer ones first."""
    yield node
    for child in children(node):
        yield from walk(child)


def new_node(node_id: int) -> Node:
    """Make a node of no kind yet."""
    return _MESSAGE_CLASSES["Expr"](id=node_id)


def become_variable(node: Node, name: str) -> None:
    """Turn a node into a read of a variable; its id stays."""
    node_id = node.id
    node.Clear()
    node.id = node_id
    node.ident.name = name


def type_text(found: Any) -> str:
    """Write a checker's type as text."""
    match found.WhichOneof("alternative"):
        case "primitive" | "wrapper" as which:
            return _PRIMITIVES.get(getattr(found, which), "dyn")
        case "well_known":
            return _WELL_KNOWN.get(found.well_known, "dyn")
        case "list":
            return f"list({type_text(found.list.elem)})"
        case "map":
            return f"map({type_text(found.map.key)}, {type_text(found.map.value)})"
        case "message":
            return str(found.message)
        case "null":
            return "null"
        case _:
            return "dyn"


def _describe() -> dict[str, Any]:
    described = descriptor_pb2.FileDescriptorProto(name="yishi/cel.proto", package="yishi.cel", syntax="proto3")
    for line in _MESSAGES.strip().replace(",\n", ",").splitlines():
        name, _, fields = line.partition(":")
        message = described.message_type.add(name=name)
        if "|" in fields:
            message.oneof_decl.add(name="alternative")
        for written in filter(None, (part.strip() for part in fields.split(","))):
            number, field_name, field_type = written.split()
            field = message.field.add(name=field_name.lstrip("*|"), number=int(number))
            field.label = _FIELD.LABEL_REPEATED if field_name.startswith("*") else _FIELD.LABEL_OPTIONAL
            if field_type in _SCALARS:
                field.type = _SCALARS[field_type]
            else:
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".yishi.cel.{field_type}"
            if field_name.startswith("|"):
                field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(described.SerializeToString())
    return {
        each.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"yishi.cel.{each.name}")) for each in described.message_type
    }


_MESSAGE_CLASSES = _describe()
