"""The description of both interfaces: well-formed, complete, and what the server really says."""

import json
import re
import uuid
from pathlib import Path

import pytest
from django.test import Client
from django.urls import get_resolver
from jsonschema import Draft202012Validator

from tests.visits.open311.test_filing import EXAMPLE
from tests.visits.sync.phone import Phone, issue, visit
from visits.open311.urls import urlpatterns as open311_patterns
from visits.sync.urls import urlpatterns as sync_patterns

# The schema of OpenAPI 3.1 itself, as its authors publish it.
SCHEMA = Path(__file__).with_name("openapi-3.1-schema.json")
ADDRESS = "/open311/v2/openapi.json"
METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


@pytest.fixture(scope="module")
def described() -> dict:
    return json.loads(Path("docs/openapi.json").read_text())


@pytest.fixture(scope="module")
def validator(described):
    """Return a check of a value against a schema of the document, with its formats."""

    def check(value, schema) -> list[str]:
        checked = Draft202012Validator(
            {**schema, "components": described["components"]},
            format_checker=Draft202012Validator.FORMAT_CHECKER,
        )
        return [f"{error.json_path}: {error.message}" for error in checked.iter_errors(value)]

    return check


def test_document_is_openapi(described):
    checked = Draft202012Validator(json.loads(SCHEMA.read_text()))
    assert [error.message for error in checked.iter_errors(described)] == []


def test_a_broken_document_would_be_noticed(described):
    checked = Draft202012Validator(json.loads(SCHEMA.read_text()))
    for broken in (
        described | {"openapi": "2.0"},
        described | {"paths": {"requests": {}}},
        described | {"paths": {"/x": {"get": {"responses": {"200": {}}}}}},
    ):
        assert list(checked.iter_errors(broken))


def references(node) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def test_every_reference_leads_somewhere_and_every_part_is_used(described):
    parts = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "parameters", "responses")
        for name in described["components"][kind]
    }
    assert references(described) == parts


def test_operations_have_names_of_their_own_and_describe_their_path(described):
    names = []
    for path, item in described["paths"].items():
        for operation in (item[method] for method in METHODS & set(item)):
            names.append(operation["operationId"])
            parameters = [
                described["components"]["parameters"][one["$ref"].rpartition("/")[2]]
                if "$ref" in one
                else one
                for one in item.get("parameters", []) + operation.get("parameters", [])
            ]
            inside = {one["name"] for one in parameters if one["in"] == "path"}
            assert inside == set(re.findall(r"{(\w+)}", path))
    assert len(names) == len(set(names))


def addresses() -> dict[str, object]:
    """Return by path template the views of both interfaces, as the map of addresses has them."""
    found = {}
    for prefix, patterns in (("open311/v2/", open311_patterns), ("sync/", sync_patterns)):
        assert any(str(entry.pattern) == prefix for entry in get_resolver().url_patterns)
        for entry in patterns:
            if entry.name == "nowhere":
                continue
            path = re.sub(r"<\w+:(\w+)>", r"{\1}", f"/{prefix}{entry.pattern}")
            found[path] = entry.callback
    return found


def test_described_paths_are_the_paths_there_are(described):
    assert set(described["paths"]) == set(addresses())


def test_described_methods_are_the_methods_taken(described, world):
    """What is described is not answered 405, what is not described is."""
    wrong = []
    for template in described["paths"]:
        path = (
            template.replace("{extension}", "json")
            .replace("{pk}", str(uuid.uuid4()))
            .replace("{", "")
            .replace("}", "")
        )
        for method in METHODS - {"head"}:
            taken = Client().generic(method.upper(), path).status_code != 405
            if taken != (method in described["paths"][template]):
                wrong.append((method, template))
    assert wrong == []


def schema_of(described, template: str, method: str, status: int, kind: str = "application/json"):
    answer = described["paths"][template][method]["responses"][str(status)]
    if "$ref" in answer:
        answer = described["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return answer["content"][kind]["schema"]


def asked(city, path: str):
    return city.http.get(f"/open311/v2/{path}", {"api_key": city.key})


def test_real_answers_match_their_schemas(described, validator, city, world, category):
    """Both formats: XML is read by the convention that makes JSON of it."""
    filed = city.post(**EXAMPLE, jurisdiction_id=world.community.code)
    number = filed.content[0]["service_request_id"]
    base, end = "/open311/v2", ".{extension}"
    answers = {
        (f"{base}/requests{end}", "post"): [
            filed,
            city.post(**EXAMPLE, jurisdiction_id=world.community.code),
            city.post(),
            city.post(**EXAMPLE, api_key="x"),
            city.post(**EXAMPLE | {"service_code": "nowhere"}),
        ],
        (f"{base}/requests{end}", "get"): [
            city.get("requests"),
            city.get("requests", status="x"),
            city.get("requests", jurisdiction_id="1"),
            city.get("requests", api_key="x"),
        ],
        (base + "/requests/{service_request_id}" + end, "get"): [
            city.get(f"requests/{number}"),
            city.get("requests/x"),
        ],
        (base + "/tokens/{token}" + end, "get"): [
            city.get(f"tokens/{number}"),
            city.get("tokens/x"),
        ],
        (f"{base}/services{end}", "get"): [
            city.get("services"),
            city.get("services", jurisdiction_id="x"),
        ],
        (base + "/services/{service_code}" + end, "get"): [
            city.get("services/street-light"),
            city.get("services/x"),
        ],
        (f"{base}/discovery{end}", "get"): [city.get("discovery")],
    }
    faults, statuses = [], set()
    for (template, method), found in answers.items():
        for answer in found:
            statuses.add(answer.status)
            schema = schema_of(described, template, method, answer.status)
            faults += [
                f"{method} {template} {answer.status} {fault}"
                for fault in validator(answer.content, schema)
            ]
    assert faults == []
    assert statuses == {200, 201, 400, 403, 404}


def test_the_example_of_the_specification_fits_the_described_form(described, validator):
    content = described["paths"]["/open311/v2/requests.{extension}"]["post"]["requestBody"][
        "content"
    ]
    numbers = {name: float(EXAMPLE[name]) for name in ("lat", "long")}
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        schema = content[kind]["schema"]
        assert validator(EXAMPLE | numbers, schema) == []
        assert validator({"service_code": "x"}, schema)


def test_answers_of_sync_match_their_schemas(described, validator, world, as_user, category):
    hello = as_user(world.worker).get("/sync/hello/").json()
    assert hello["user"]
    assert validator(hello, schema_of(described, "/sync/hello/", "get", 200)) == []
    stranger = Client().get("/sync/hello/").json()
    assert validator(stranger, schema_of(described, "/sync/hello/", "get", 200)) == []
    phone = Phone(as_user(world.worker))
    phone.hello()
    wrong_issue = issue(category) | {"category": 0}
    items = [
        phone.item(visit(world.household)),
        phone.item(visit(world.household, outcome="x")),
        phone.item(visit(world.household, issue=wrong_issue), sealed=False),
        {"id": "x", "content": {}},
    ]
    parcel = described["components"]["schemas"]["SyncParcel"]
    assert validator({"schema": 1, "items": items[:3]}, parcel) == []
    answers = phone.post(items)
    assert answers.status_code == 207
    assert validator(answers.json(), schema_of(described, "/sync/visits/", "post", 207)) == []
    refused = as_user(world.worker).post("/sync/visits/", "x", content_type="application/json")
    assert validator(refused.json(), schema_of(described, "/sync/visits/", "post", 400)) == []


def test_the_form_of_sync_is_that_of_its_contract(described):
    """The words of docs/sync.md and those of the schemas are the same."""
    contract = Path("docs/sync.md").read_text()
    blocks = re.findall(r"```json\n(.*?)```", contract, re.DOTALL)
    [content] = [json.loads(block) for block in blocks if '"visit": {' in block]
    [roll_call] = [json.loads(f"{{{block}}}") for block in blocks if '"emergency"' in block]
    schemas = described["components"]["schemas"]
    words = {name: set(schema.get("properties", ())) for name, schema in schemas.items()}
    assert words["SyncContent"] == {*content, *roll_call}
    assert words["SyncVisit"] == set(content["visit"])
    assert words["SyncIssue"] == set(content["issue"])
    assert words["SyncFact"] == set(content["facts"][0])
    assert words["SyncRollCall"] == set(roll_call["roll_call"])
    effort = schemas["SyncContent"]["properties"]["effort"]["properties"]
    assert set(effort) == set(content["effort"])


def test_the_document_is_served_as_it_is(described, db):
    response = Client().get(ADDRESS)
    assert response.json() == described
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
