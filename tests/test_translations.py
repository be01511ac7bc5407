from babel.messages.catalog import Catalog

from gridmgmt.management.commands import translations


def test_chinese_is_complete_and_correct():
    assert translations.find_problems() == []


def catalogs(monkeypatch, stored: dict[str, str], source: list[str]) -> None:
    held, wanted = Catalog(locale="zh_Hans"), Catalog()
    for text, chinese in stored.items():
        held.add(text, chinese)
    for text in source:
        wanted.add(text)
    monkeypatch.setattr(translations, "stored_catalog", lambda: held)
    monkeypatch.setattr(translations, "source_catalog", lambda: wanted)


def test_the_guard_names_each_kind_of_gap(monkeypatch):
    catalogs(
        monkeypatch,
        {"Old": "旧", "Empty": "", "%(n)s doors": "若干户", "Fine": "好"},
        ["Empty", "%(n)s doors", "Fine", "New"],
    )
    assert translations.find_problems() == [
        "django.mo is not compiled from django.po: run manage.py translations",
        "no longer used: Old",
        "not in the catalogue: New",
        "not translated: Empty",
        "other placeholders than the source: %(n)s doors",
    ]


def test_a_string_that_comes_back_gets_its_translation_back(monkeypatch):
    catalogs(monkeypatch, {"Gone": "去", "Here": "在"}, ["Here"])
    aside = translations.updated_catalog()
    assert list(aside.obsolete) == ["Gone"]
    monkeypatch.setattr(translations, "stored_catalog", lambda: aside)
    source = Catalog()
    source.add("Gone")
    source.add("Here")
    monkeypatch.setattr(translations, "source_catalog", lambda: source)
    again = translations.updated_catalog()
    assert {message.id: message.string for message in again if message.id} == {
        "Gone": "去",
        "Here": "在",
    }
