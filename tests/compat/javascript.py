"""What a script uses that is younger than the oldest supported browser."""

import re
from collections.abc import Iterator

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from tests.compat import Use, features, syntax

PARSER = Parser(Language(tree_sitter_javascript.language()))
FUNCTIONS = {
    "arrow_function",
    "function_declaration",
    "function_expression",
    "generator_function",
    "generator_function_declaration",
    "method_definition",
}
WINDOWS = {"window", "self", "globalThis"}
# What the window's own objects are; every other receiver is told by how it was made.
INSTANCES = {
    "caches": "CacheStorage",
    "crypto": "Crypto",
    "crypto.subtle": "SubtleCrypto",
    "document": "Document",
    "document.body": "HTMLElement",
    "document.documentElement": "HTMLElement",
    "history": "History",
    "indexedDB": "IDBFactory",
    "localStorage": "Storage",
    "location": "Location",
    "navigator": "Navigator",
    "navigator.locks": "LockManager",
    "navigator.serviceWorker": "ServiceWorkerContainer",
    "navigator.storage": "StorageManager",
    "performance": "Performance",
    "screen": "Screen",
    "sessionStorage": "Storage",
}
LITERALS = {"array": "Array", "string": "String", "template_string": "String", "regex": "RegExp"}
SUBTYPE = re.compile(r"(?:Int|Uint|Float)\d+(?:Clamped)?Array|\w+Error")
SELECTORS = {"closest", "matches", "querySelector", "querySelectorAll"}
ATTRIBUTES = {"hasAttribute", "removeAttribute", "setAttribute", "toggleAttribute"}


def js_uses(text: str, own: frozenset[str] = frozenset()) -> list[Use]:
    """Return what a script uses; `own` are the names that scripts give to members of theirs."""
    root = PARSER.parse(text.encode()).root_node
    script = Script(root, own | own_names(root))
    return [use for node in walk(root) for use in script.uses_of(node)]


def own_names_of(text: str) -> frozenset[str]:
    return own_names(PARSER.parse(text.encode()).root_node)


def own_names(root: Node) -> frozenset[str]:
    """Return the names given to keys of objects, members of classes and of `this`."""
    found = set()
    for node in walk(root):
        if node.type in ("pair", "method_definition", "field_definition"):
            found.add(text_of(node.child_by_field_name("key") or node.named_children[0]))
        elif node.type == "shorthand_property_identifier":
            found.add(text_of(node))
        elif node.type == "assignment_expression":
            target = node.child_by_field_name("left")
            if target.type == "member_expression" and field(target, "object") == "this":
                found.add(field(target, "property"))
    return frozenset(found)


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def text_of(node: Node | None) -> str:
    return node.text.decode() if node is not None else ""


def field(node: Node, name: str) -> str:
    return text_of(node.child_by_field_name(name))


def kebab(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: "-" + letter[0].lower(), name)


def string_of(node: Node | None) -> str:
    return (
        text_of(node).strip("'\"`") if node and node.type in ("string", "template_string") else ""
    )


class Script:
    """One parsed script: what its names stand for, and what it uses."""

    def __init__(self, root: Node, own: frozenset[str]) -> None:
        self.own = own
        self.declared: set[str] = set()
        self.made: dict[str, str] = {}
        for node in walk(root):
            self.declare(node)

    def declare(self, node: Node) -> None:
        if node.type in ("variable_declarator", "class_declaration") or (
            node.type in FUNCTIONS and node.type != "method_definition"
        ):
            name = node.child_by_field_name("name")
            if name is not None:
                self.declared |= names_in(name)
            if node.type == "variable_declarator" and name is not None:
                made = self.kind_of(node.child_by_field_name("value"))
                is_const = text_of(node.parent.children[0]) == "const"
                if made and is_const and name.type == "identifier":
                    self.made[text_of(name)] = made
        if node.type in FUNCTIONS:
            for part in ("parameters", "parameter"):
                self.declared |= names_in(node.child_by_field_name(part))
        elif node.type in ("import_clause", "catch_clause"):
            self.declared |= names_in(node.child_by_field_name("parameter") or node)
        elif node.type == "for_in_statement":
            self.declared |= names_in(node.child_by_field_name("left"))

    def kind_of(self, node: Node | None) -> str:
        """Return the interface of a receiver, or nothing where it cannot be told."""
        if node is None:
            return ""
        name = re.sub(r"^(?:window|self|globalThis)\.", "", text_of(node).replace("?.", "."))
        kind = LITERALS.get(node.type, "")
        if node.type == "new_expression":
            kind = family(field(node, "constructor"))
        elif node.type == "parenthesized_expression":
            kind = self.kind_of(node.named_children[0])
        elif name in self.declared:
            kind = self.made.get(name, "")
        elif name in INSTANCES:
            kind = INSTANCES[name]
        elif family(name) in features()["js members"]:
            kind = family(name)
        return kind

    def uses_of(self, node: Node) -> Iterator[Use]:
        reader = getattr(self, f"uses_of_{node.type.lower()}", None)
        if reader is not None:
            for name, since in reader(node):
                yield Use(node.start_point.row + 1, name, since)

    def uses_of_error(self, node: Node):
        yield f"what cannot be read: {text_of(node)[:30]}", "never"

    def uses_of_class_static_block(self, _node: Node):
        yield described("static block in a class")

    def uses_of_import_attribute(self, _node: Node):
        yield described("import … with { … }")

    def uses_of_using_declaration(self, node: Node):
        yield described("await using" if text_of(node).startswith("await") else "using")

    def uses_of_namespace_export(self, node: Node):
        if any(child.type == "string" for child in node.children):
            yield described("a string as the name of an export")

    def uses_of_export_specifier(self, node: Node):
        return self.uses_of_namespace_export(node)

    def uses_of_import_specifier(self, node: Node):
        return self.uses_of_namespace_export(node)

    def uses_of_binary_expression(self, node: Node):
        left = node.child_by_field_name("left")
        if field(node, "operator") == "in" and left.type == "private_property_identifier":
            yield described("#member in object")

    def uses_of_await_expression(self, node: Node):
        if not within(node, FUNCTIONS):
            yield described("await at the top of a module")

    def uses_of_for_in_statement(self, node: Node):
        if any(child.type == "await" for child in node.children):
            yield from self.uses_of_await_expression(node)

    def uses_of_regex(self, node: Node):
        yield from uses_of_flags(field(node, "flags"))
        if re.search(r"\(\?[ims]*-?[ims]*:", field(node, "pattern").replace("(?:", "")):
            yield described("(?i:…) in a regular expression")

    def uses_of_identifier(self, node: Node):
        name = text_of(node)
        if name not in self.declared and name in features()["js globals"]:
            yield name, features()["js globals"][name]

    def uses_of_shorthand_property_identifier(self, node: Node):
        return self.uses_of_identifier(node)

    def uses_of_member_expression(self, node: Node):
        receiver, data = node.child_by_field_name("object"), features()
        yield from self.uses_of_member(receiver, field(node, "property"))
        if receiver.type == "member_expression" and field(receiver, "property") == "style":
            name = kebab(field(node, "property"))
            if name in data["css properties"]:
                yield f"style {name}", data["css properties"][name]

    def uses_of_member(self, receiver: Node, name: str):
        data, owner = features(), text_of(receiver)
        kind = self.kind_of(receiver)
        if owner in WINDOWS and name in data["js globals"]:
            yield name, data["js globals"][name]
        elif f"{owner}.{name}" in data["js globals"]:
            yield f"{owner}.{name}", data["js globals"][f"{owner}.{name}"]
        elif owner == "import.meta" and name == "resolve":
            yield described("import.meta.resolve")
        elif name in data["js members"].get(kind, {}):
            yield f"{kind}.{name}", data["js members"][kind][name]
        elif name in data["js names"] and name not in self.own and owner not in WINDOWS:
            yield f".{name}", data["js names"][name]

    def uses_of_object_pattern(self, node: Node):
        """`const { hasOwn } = Object` takes a member just as well."""
        holder = node.parent
        value = (
            holder.child_by_field_name("value") if holder.type == "variable_declarator" else None
        )
        for child in node.named_children:
            if value is None:
                return
            if child.type == "shorthand_property_identifier_pattern":
                yield from self.uses_of_member(value, text_of(child))
            elif child.type == "pair_pattern":
                yield from self.uses_of_member(value, field(child, "key"))

    def uses_of_new_expression(self, node: Node):
        name, arguments = field(node, "constructor").split(".")[-1], arguments_of(node)
        yield from uses_of_options(
            name if name in features()["js options"] else family(name), arguments
        )
        if name == "RegExp" and len(arguments) > 1:
            yield from uses_of_flags(string_of(arguments[1]))

    def uses_of_call_expression(self, node: Node):
        called, arguments = node.child_by_field_name("function"), arguments_of(node)
        name = field(called, "property") or text_of(called)
        first = string_of(arguments[0]) if arguments else ""
        data = features()
        yield from uses_of_options(name, arguments)
        if name == "import" and len(arguments) > 1:
            yield described("import() with options")
        elif name == "register" and keys(arguments).get("type") == "module":
            yield described("a service worker that is a module")
        elif name == "addEventListener" and first in data["js events"]:
            yield f"event {first}", data["js events"][first]
        elif name == "createElement" and first in data["html elements"]:
            yield f"<{first}>", data["html elements"][first]
        elif name in ATTRIBUTES:
            ages = [names[first] for names in data["html attributes"].values() if first in names]
            if ages:
                yield f"attribute {first}", ages[0]
        elif name in SELECTORS:
            for pseudo in re.findall(r":([a-z-]+)", first):
                if pseudo in data["css selectors"]:
                    yield f":{pseudo}", data["css selectors"][pseudo]


def described(name: str) -> tuple[str, str]:
    return name, syntax(name)


def family(name: str) -> str:
    """Return the interface that holds the members of a class.

    >>> family("Uint8Array"), family("TypeError"), family("Map")
    ('TypedArray', 'Error', 'Map')
    """
    if name in features()["js members"] and not SUBTYPE.fullmatch(name):
        return name
    if name.endswith("Array") and name != "Array":
        return "TypedArray"
    return "Error" if name.endswith("Error") else name


def uses_of_flags(flags: str) -> Iterator[tuple[str, str]]:
    for flag in "dv":
        if flag in flags:
            yield described(f"flag {flag} of a regular expression")


def uses_of_options(name: str, arguments: list[Node]) -> Iterator[tuple[str, str]]:
    known = features()["js options"].get(name, {})
    for key in keys(arguments):
        if key in known:
            yield f"option {key} of {name}", known[key]


def arguments_of(node: Node) -> list[Node]:
    arguments = node.child_by_field_name("arguments")
    return arguments.named_children if arguments is not None else []


def keys(arguments: list[Node]) -> dict[str, str]:
    """Return the keys of the literal objects among the arguments, with values that are text."""
    found = {}
    for argument in arguments:
        if argument.type == "object":
            for child in argument.named_children:
                if child.type == "pair":
                    value = child.child_by_field_name("value")
                    found[field(child, "key").strip("'\"")] = string_of(value)
                elif child.type == "shorthand_property_identifier":
                    found[text_of(child)] = ""
    return found


def names_in(node: Node | None) -> set[str]:
    """Return the names that a pattern, a list of parameters or an import declares."""
    if node is None:
        return set()
    kinds = ("identifier", "shorthand_property_identifier_pattern")
    return {text_of(part) for part in walk(node) if part.type in kinds}


def within(node: Node, kinds: set[str]) -> bool:
    while node := node.parent:
        if node.type in kinds:
            return True
    return False
