"""The staircase: gridmgmt → visits → households → communities, and never a step upward.

Reads every import, those inside functions too, and every relation between models. The
tests themselves are outside; templates may link anywhere by URL name.
"""

import ast
import importlib.util
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

STAIRCASE = ("communities", "households", "visits", "gridmgmt")
# The settings name every app, and the commands that start the program are called by name.
MODULES = sorted(path for app in STAIRCASE for path in (settings.BASE_DIR / app).rglob("*.py"))


def upward_imports(source: str, *, module: str, package: str) -> list[str]:
    """Return the imports of higher apps, and of tests, that a module makes anywhere."""
    own = module.partition(".")[0]
    above = {*STAIRCASE[STAIRCASE.index(own) + 1 :], "tests"}
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            relative = "." * node.level + (node.module or "")
            names.append(importlib.util.resolve_name(relative, package))
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "import_string"):
            names += [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        elif isinstance(node, ast.Call) and called(node) == "get_model":
            names += [str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)]
    return [f"{module} imports {name}" for name in names if name.partition(".")[0] in above]


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts)


@pytest.mark.parametrize("app", STAIRCASE)
def test_module_imports_only_its_own_app_and_those_below(app):
    found = []
    for path in MODULES:
        name = module_name(path)
        if name.partition(".")[0] == app:
            package = name.rpartition(".")[0]
            found += upward_imports(path.read_text(), module=name, package=package)
    assert found == []


@pytest.mark.parametrize("app", STAIRCASE)
def test_model_refers_only_to_its_own_app_and_those_below(app):
    above = STAIRCASE[STAIRCASE.index(app) + 1 :]
    assert [
        str(field)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label == app
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model is not None
        if field.related_model._meta.app_label in above
    ] == []


def test_the_guard_sees_every_way_of_importing():
    source = """
import visits.models
from . import masking
def late():
    from gridmgmt import overview
    import_module("visits.actions")
    apps.get_model("visits.Visit")
from communities.models import Grid
from tests.factories import GridFactory
"""
    assert upward_imports(source, module="households.search", package="households") == [
        "households.search imports visits.models",
        "households.search imports tests.factories",
        "households.search imports gridmgmt",
        "households.search imports visits.actions",
        "households.search imports visits.Visit",
    ]


def test_no_app_called_common_or_utils():
    names = {path.stem for path in MODULES} | {path.parent.name for path in MODULES}
    assert names.isdisjoint({"common", "utils", "helpers", "misc"})
