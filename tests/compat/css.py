"""What a style sheet uses that is younger than the oldest supported browser."""

import re
from collections.abc import Iterator

import tree_sitter_css
from tree_sitter import Language, Node, Parser

from tests.compat import Use, features, syntax

PARSER = Parser(Language(tree_sitter_css.language()))
# Nodes that are a name, by the table it is looked up in and how it is called when found.
NAMES = {
    "at_keyword": ("css rules", "@{}"),
    "feature_name": ("css media", "({})"),
    "function_name": ("css functions", "{}()"),
    "unit": ("css units", "unit {}"),
}


def css_uses(text: str) -> list[Use]:
    tree = PARSER.parse(text.encode())
    return [use for node in walk(tree.root_node) for use in uses_of(node)]


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def text_of(node: Node) -> str:
    return node.text.decode()


def uses_of(node: Node) -> Iterator[Use]:
    line, text, reader = node.start_point.row + 1, text_of(node), READERS.get(node.type)
    if node.type in NAMES:
        table, name = NAMES[node.type]
        key = text.lower().removeprefix("@")
        # `clip` has known rect() for ever; it is young where it is a shape.
        if key in features()[table] and not (key == "rect" and property_of(node) == "clip"):
            yield Use(line, name.format(key), features()[table][key])
    elif reader is not None:
        yield from reader(node)
    elif node.type == "nesting_selector" or (node.type == "rule_set" and nested(node)):
        yield Use(line, "nesting", syntax("nesting"))
    elif node.type == "ERROR" and not inside_prelude(node):
        yield Use(line, f"what cannot be read: {text[:30]}", "never")


def inside_prelude(node: Node) -> bool:
    """Return whether a media query holds it, which is read as text."""
    while node := node.parent:
        if node.type == "block":
            return False
        if node.type in ("media_statement", "import_statement"):
            return True
    return False


def nested(rule: Node) -> bool:
    while rule := rule.parent:
        if rule.type == "rule_set":
            return True
    return False


def prelude(node: Node) -> str:
    return re.split(r"[{;]", text_of(node), maxsplit=1)[0]


def uses_of_import(node: Node) -> Iterator[Use]:
    for word, name in (("layer", "layer in @import"), ("supports(", "supports() in @import")):
        if word in re.sub(r"([\"']).*?\1", "", prelude(node)):
            yield Use(node.start_point.row + 1, name, syntax(name))


def uses_of_media(node: Node) -> Iterator[Use]:
    for pattern, name in ((r"[<>=]", "comparison in @media"), (r"\)\s*or\s*\(", "or in @media")):
        if re.search(pattern, prelude(node)):
            yield Use(node.start_point.row + 1, name, syntax(name))


def uses_of_pseudo(node: Node) -> Iterator[Use]:
    line, table = node.start_point.row + 1, features()["css selectors"]
    match = re.search(r"(::?)([a-z-]+)(?:\((.*)\))?$", outermost(text_of(node)), re.DOTALL)
    if match is None:
        return
    colons, name, arguments = match.groups()
    line += text_of(node)[: match.start()].count("\n")
    if name in table:
        yield Use(line, f"{colons}{name}", table[name])
    if name == "not" and "," in (arguments or ""):
        yield Use(line, "list of selectors in :not()", syntax("list of selectors in :not()"))
    if name.startswith("nth-") and re.search(r"\bof\b", arguments or ""):
        yield Use(line, "of in :nth-child()", syntax("of in :nth-child()"))


def outermost(selector: str) -> str:
    """Return the selector with brackets inside brackets emptied, so that its end is its own.

    >>> outermost("a:not(b:has(c))")
    'a:not(b!has(c))'
    """
    depth, found = 0, []
    for letter in selector:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        found.append("!" if letter == ":" and depth else letter)
    return "".join(found)


def property_of(node: Node) -> str:
    while node := node.parent:
        if node.type == "declaration":
            return text_of(node.children[0])
    return ""


def uses_of_declaration(node: Node) -> Iterator[Use]:
    data, line = features(), node.start_point.row + 1
    name = text_of(node.children[0]).lower()
    rule = node.parent.parent if node.parent is not None else None
    keyword = text_of(rule.children[0])[1:] if rule and rule.type == "at_rule" else ""
    if keyword:
        if name in data["css descriptors"].get(keyword, {}):
            yield Use(line, f"{name} in @{keyword}", data["css descriptors"][keyword][name])
    elif name in data["css properties"]:
        yield Use(line, name, data["css properties"][name])
    values = {**data["css values"].get("*", {}), **data["css values"].get(name, {})}
    for value in node.children[1:]:
        word = text_of(value).lower()
        if value.type == "plain_value" and word in values:
            yield Use(value.start_point.row + 1, f"{name}: {word}", values[word])


READERS = {
    "declaration": uses_of_declaration,
    "import_statement": uses_of_import,
    "media_statement": uses_of_media,
    "pseudo_class_selector": uses_of_pseudo,
    "pseudo_element_selector": uses_of_pseudo,
}
