"""Write features.json anew from the newest browser-compat data: `python -m tests.compat.refresh`.

For maintainers, as it needs npm, whose configuration says which registry is asked. What it
writes is committed, so that the lint itself needs neither npm nor a network. The data is in the
public domain (CC0-1.0); which package it came from, and its SHA-256, stand at its head.
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.compat import BASELINE, FEATURES

PACKAGE = "@mdn/browser-compat-data"
NEVER = "never"
FAMILIES_OF_UNITS = {
    "container_query_length_units": ("cqw", "cqh", "cqi", "cqb", "cqmin", "cqmax"),
    **{
        f"viewport_percentage_units_{name}": tuple(
            f"{letter}{unit}" for unit in ("vw", "vh", "vi", "vb", "vmin", "vmax")
        )
        for name, letter in (("dynamic", "d"), ("large", "l"), ("small", "s"))
    },
}
FUNCTION_FAMILIES = (
    "basic-shape",
    "color",
    "filter-function",
    "gradient",
    "image",
    "transform-function",
)
SYNTAX = {
    "javascript.classes.private_class_fields_in": "#member in object",
    "javascript.classes.static.initialization_blocks": "static block in a class",
    "javascript.operators.await.top_level": "await at the top of a module",
    "javascript.operators.import.options_parameter": "import() with options",
    "javascript.operators.import_meta.resolve": "import.meta.resolve",
    "javascript.statements.import.import_attributes": "import … with { … }",
    "javascript.statements.import.arbitrary_module_namespace_identifier_names": (
        "a string as the name of an export"
    ),
    "javascript.statements.using": "using",
    "javascript.statements.await_using": "await using",
    "javascript.regular_expressions.modifier": "(?i:…) in a regular expression",
    "javascript.builtins.RegExp.hasIndices": "flag d of a regular expression",
    "javascript.builtins.RegExp.unicodeSets": "flag v of a regular expression",
    "api.ServiceWorker.ecmascript_modules": "a service worker that is a module",
    "css.at-rules.media.range_syntax": "comparison in @media",
    "css.at-rules.media.or_syntax": "or in @media",
    "css.at-rules.import.layer": "layer in @import",
    "css.at-rules.import.supports": "supports() in @import",
    "css.selectors.nesting": "nesting",
    "css.selectors.not.selector_list": "list of selectors in :not()",
    "css.selectors.nth-child.of_syntax": "of in :nth-child()",
}
WINDOWS = ("Window", "WorkerGlobalScope", "ServiceWorkerGlobalScope")
# Instances come from places the lint cannot follow, though the name of the class is young.
REACHABLE = {"Iterator", "AsyncIterator"}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", f"{PACKAGE}@latest"], cwd=folder, check=True)
        (archive,) = Path(folder).glob("*.tgz")
        sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
        with tarfile.open(archive) as package:
            data = json.load(package.extractfile("package/data.json"))
    source = {
        "package": PACKAGE,
        "version": data["__meta"]["version"],
        "sha256": sha256,
        "licence": "CC0-1.0",
        "newer than Chrome": BASELINE,
    }
    extract = {"source": source, **extracted(data)}
    FEATURES.write_text(
        json.dumps(extract, indent=0, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    print(f"{PACKAGE} {source['version']}: {FEATURES.stat().st_size // 1024} KB written")


def extracted(data: dict) -> dict:
    """Return what the lint can look for of everything that Chrome got after the baseline."""
    found: dict = {
        **css_extracted(data["css"]),
        **html_extracted(data["html"]),
        **script_extracted(data),
        "syntax": {},
    }
    for path, name in SYNTAX.items():
        node = data
        for step in path.split("."):
            node = node[step]
        if is_new(node):
            found["syntax"][name] = since(node)
    return found


def css_extracted(css: dict) -> dict:
    rules = css["at-rules"]
    return {
        "css properties": news(css["properties"]),
        "css values": values_of(css),
        "css functions": functions_of(css["types"]),
        "css units": units_of(css["types"]["length"]),
        "css selectors": news(css["selectors"]),
        "css rules": news(rules),
        "css media": words(news(rules["media"])),
        "css descriptors": {
            name: words(news(node))
            for name, node in children(rules)
            if name not in ("import", "media", "supports") and not is_new(node) and news(node)
        },
    }


def values_of(css: dict) -> dict[str, dict[str, str]]:
    values = {name: words(news(node)) for name, node in children(css["properties"])}
    for name, node in children(css["types"]):
        if name in values:
            values[name].update(words(news(node)))
    values["*"] = words(news(css["types"]["global_keywords"]))
    return {name: keywords for name, keywords in values.items() if keywords}


def functions_of(types: dict) -> dict[str, str]:
    functions = words(news(types))
    for name in FUNCTION_FAMILIES:
        functions.update(words(news(types[name])))
    functions["linear"] = since(types["easing-function"]["linear-function"])
    return functions


def units_of(lengths: dict) -> dict[str, str]:
    return {
        unit: since
        for name, since in news(lengths).items()
        for unit in FAMILIES_OF_UNITS.get(name, (name,))
    }


def html_extracted(html: dict) -> dict:
    attributes, values = defaultdict(dict), defaultdict(dict)
    owners = {"*": html["global_attributes"], **dict(children(html["elements"]))}
    for element, node in owners.items():
        for name, child in children(node):
            if re.fullmatch(r"type_[a-z-]+", name):
                if is_new(child):
                    values["input type"][name.removeprefix("type_")] = since(child)
            elif "_" not in name:
                if is_new(child):
                    attributes[element][name] = since(child)
                for value, grandchild in children(child):
                    if is_keyword(value) and is_new(grandchild) and not is_new(child):
                        values[f"{element} {name}"][value] = since(grandchild)
    return {
        "html elements": news(html["elements"]),
        "html attributes": attributes,
        "html values": values,
    }


def script_extracted(data: dict) -> dict:
    builtins = data["javascript"]["builtins"]
    owners = {**dict(children(data["api"])), **dict(children(builtins))}
    owners |= {f"Intl.{name}": node for name, node in children(builtins["Intl"])}
    ages: dict[str, list] = defaultdict(list)
    events: dict[str, list] = defaultdict(list)
    options: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for _owner, name, node in members_of(owners):
        if name.endswith("_event"):
            events[name.removesuffix("_event")].append(node)
        else:
            ages[name].append(node)
    calls = [*owners.items(), *(call for node in owners.values() for call in children(node))]
    for name, node in calls:
        if not is_new(node):
            for option, age in options_of(node):
                options[name.removesuffix("_static")][option].append(age)
    young = {call: youngest_of(named) for call, named in options.items()}
    return {
        "js globals": globals_of(owners),
        "js members": young_members(owners),
        "js names": youngest_of(ages),
        "js events": youngest_of(events),
        "js options": {call: named for call, named in young.items() if named},
    }


def members_of(owners: dict[str, dict]) -> Iterator[tuple[str, str, dict]]:
    """Yield owner, name and member, but for what only an instance of a young class has."""
    for owner, node in owners.items():
        for raw, child in children(node):
            name = raw.removesuffix("_static")
            reachable = not is_new(node) or owner in REACHABLE or not is_new(child)
            if reachable and name != owner and re.fullmatch(r"\w+", name):
                yield owner, name, child


def globals_of(owners: dict[str, dict]) -> dict[str, str]:
    found = news(owners)
    for owner in WINDOWS:
        young = news(owners[owner])
        found.update({name: age for name, age in young.items() if name not in owners})
    return {name: age for name, age in found.items() if "_" not in name}


def young_members(owners: dict[str, dict]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for owner, name, node in members_of(owners):
        if owner not in WINDOWS and is_new(node) and not name.endswith("_event"):
            found[owner][name] = since(node)
    return found


def youngest_of(named: dict[str, list[dict]]) -> dict[str, str]:
    """Return the names of which everything is young, each with the first version of any."""
    return {
        name: min((since(node) for node in nodes), key=lambda age: (age == NEVER, age.zfill(3)))
        for name, nodes in named.items()
        if all(map(is_new, nodes))
    }


def options_of(node: dict) -> list[tuple[str, dict]]:
    """Return the keys of the objects a call takes, at any depth."""
    found = []
    for name, child in children(node):
        match = re.fullmatch(r"(?:options|data|init|descriptor)_(\w+)_parameter", name)
        if match:
            found.append((match[1], child))
        elif name == "options_parameter":
            found += [
                (key.removesuffix("_option"), value)
                for key, value in children(child)
                if re.fullmatch(r"\w+", key) and not key.endswith("_parameter")
            ]
        if name.endswith("_parameter"):
            found += options_of(child)
    return found


def children(node: dict) -> list[tuple[str, dict]]:
    return [(name, child) for name, child in node.items() if name != "__compat"]


def news(node: dict) -> dict[str, str]:
    return {name: since(child) for name, child in children(node) if is_new(child)}


def words(named: dict[str, str]) -> dict[str, str]:
    return {name: age for name, age in named.items() if is_keyword(name)}


def is_keyword(name: str) -> bool:
    """Return whether it is a word of CSS or HTML, and not a description in words_like_these."""
    return re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) is not None


def since(node: dict) -> str:
    age = first_version(node)
    return NEVER if age is None else str(age)


def is_new(node: dict) -> bool:
    """Return whether neither the baseline nor its phone's edition has it, by its plain name.

    What phones have had for long and desks never get, as a camera, is no question of age.
    """
    if "__compat" not in node:
        return False
    return not any(had_at_baseline(statement) for statement in statements(node))


def had_at_baseline(statement: dict) -> bool:
    added, removed = number(statement["version_added"]), number(statement.get("version_removed"))
    return added is not None and added <= BASELINE and (removed is None or removed > BASELINE)


def first_version(node: dict) -> int | None:
    """Return the first version since which it is there for good, or None."""
    ages = [
        number(statement["version_added"])
        for statement in statements(node)
        if statement.get("version_removed") is None
    ]
    return min((age for age in ages if age is not None), default=None)


def statements(node: dict) -> list[dict]:
    """Return what is said of Chrome, without what hides behind a flag or another name."""
    found = []
    for browser in ("chrome", "chrome_android"):
        said = node["__compat"]["support"].get(browser, [])
        found += said if isinstance(said, list) else [said]
    hiding = {"flags", "prefix", "alternative_name"}
    return [statement for statement in found if not hiding & statement.keys()]


def number(version: object) -> int | None:
    match = re.fullmatch(r"≤?(\d+)(\.\d+)?", version) if isinstance(version, str) else None
    return int(match[1]) if match else None


if __name__ == "__main__":
    main()
