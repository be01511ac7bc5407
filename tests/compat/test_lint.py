"""Every planted sin is found, and what Chrome 86 has is left alone."""

import pytest

from tests.compat import BASELINE, features, unexcused
from tests.compat.__main__ import faults
from tests.compat.css import css_uses
from tests.compat.javascript import js_uses
from tests.compat.markup import html_uses, without_template_tags

SINS_OF_STYLE = {
    "a:has(> b) { color: red }": ":has 105",
    "p, a:is(.b, .c) { color: red }": ":is 88",
    ":where(.b) a { color: red }": ":where 88",
    "a:not(.b, .c) { color: red }": "list of selectors in :not() 88",
    "li:nth-child(2 of .b) { color: red }": "of in :nth-child() 111",
    "input:user-valid { color: red }": ":user-valid 119",
    "input::file-selector-button { color: red }": "::file-selector-button 89",
    "@layer base { a { color: red } }": "@layer 99",
    "@container (min-width: 3px) { a { color: red } }": "@container 105",
    "@media (width >= 300px) { a { color: red } }": "comparison in @media 104",
    "@media (prefers-contrast: more) { a { color: red } }": "(prefers-contrast) 96",
    "@font-face { font-family: x; size-adjust: 90% }": "size-adjust in @font-face 92",
    "a { inset: 0 }": "inset 87",
    "a { aspect-ratio: 1 / 2 }": "aspect-ratio 88",
    "a { accent-color: red }": "accent-color 93",
    "a { text-wrap: balance }": "text-wrap 114, text-wrap: balance 114",
    "a { overflow: clip }": "overflow: clip 90",
    "a { color: oklch(40% 0.2 20) }": "oklch() 111",
    "a { color: color-mix(in srgb, red, blue) }": "color-mix() 111",
    "a { width: round(1px, 2px) }": "round() 125",
    "a { height: 100dvh }": "unit dvh 108",
    "a { height: calc(100% - 2svh) }": "unit svh 108",
    "a { all: revert-layer }": "all: revert-layer 99",
    "a { &:hover { color: red } }": "nesting 120",
    "a { .b { color: red } }": "nesting 120",
    "a { color: red; @media print { .b { color: red } } }": "nesting 120",
}
STYLE_OF_86 = """
@import url("x.css") print;
@media (min-width: 30em) and (prefers-reduced-motion: reduce) { a { gap: 1rem } }
@media print { @page { size: A4; margin: 1cm } }
@supports (display: grid) { a { display: grid; place-items: center } }
a:focus-visible, a:not(.b), b::before { color: rgb(0 0 0 / 50%); display: flex; gap: 1px }
.hidden { clip: rect(0 0 0 0); position: sticky; width: min(100%, clamp(1rem, 5vw, 3vmax)) }
:root { --inset: 1px; scroll-margin: 1rem; margin-inline-start: auto; overscroll-behavior: contain }
a { appearance: none; width: fit-content; width: max-content; object-fit: cover }
"""
SINS_OF_SCRIPTS = {
    "crypto.randomUUID()": "Crypto.randomUUID 92",
    "window.crypto?.randomUUID?.()": "Crypto.randomUUID 92",
    "const { randomUUID } = crypto": "Crypto.randomUUID 92",
    "structuredClone(x)": "structuredClone 98",
    "self.structuredClone(x)": "structuredClone 98",
    "use({ structuredClone })": "structuredClone 98",
    "[1].at(-1)": "Array.at 92",
    "rows.at(-1)": ".at 92",
    "Object.hasOwn(a, 'b')": "Object.hasOwn 93",
    "Array.fromAsync(x)": "Array.fromAsync 121",
    "rows.findLast(f)": ".findLast 97",
    "rows.toSorted()": ".toSorted 110",
    "new Set(a).union(b)": "Set.union 122",
    "const seen = new Set(); seen.union(b)": "Set.union 122",
    "Map.groupBy(a, f)": "Map.groupBy 117",
    "class A { static { f() } }": "static block in a class 94",
    "class A { #p; has(o) { return #p in o } }": "#member in object 91",
    "await f()": "await at the top of a module 89",
    "for await (const x of y) f(x)": "await at the top of a module 89",
    'import x from "y" with { type: "json" }': "import … with { … } 123",
    'import("y", { with: { type: "json" } })': "import() with options 91",
    "/a/v.test(x)": "flag v of a regular expression 112",
    "/(?i:a)b/.test(x)": "(?i:…) in a regular expression 125",
    'new RegExp("a", "d")': "flag d of a regular expression 90",
    'new Error("x", { cause: e })': "option cause of Error 93",
    'new TypeError("x", { cause: e })': "option cause of Error 93",
    'addEventListener("x", f, { signal })': "option signal of addEventListener 90",
    'fetch(x, { priority: "low" })': "option priority of fetch 101",
    'navigator.serviceWorker.register("/x", { type: "module" })': (
        "a service worker that is a module 91"
    ),
    "AbortSignal.timeout(5)": "AbortSignal.timeout 124",
    "Response.json({})": "Response.json 105",
    "new Intl.DurationFormat('zh')": "Intl.DurationFormat 129",
    "new Intl.NumberFormat('zh', { roundingMode: 'ceil' })": "option roundingMode of NumberFormat 106",
    "Intl.supportedValuesOf('unit')": "Intl.supportedValuesOf 99",
    "scheduler.postTask(f)": "scheduler 94",
    "reportError(e)": "reportError 95",
    "input.showPicker()": ".showPicker 99",
    "main.inert = true": ".inert 102",
    "box.showPopover()": ".showPopover 114",
    "menu.style.inset = '0'": "style inset 87",
    'menu.setAttribute("popover", "")': "attribute popover 114",
    'box.querySelector("a:has(b)")': ":has 105",
    'box.addEventListener("beforetoggle", f)': "event beforetoggle 114",
    "new URLPattern({})": "URLPattern 95",
    "let a = ;": "what cannot be read",
}
SCRIPT_OF_86 = """
import a, { b as c } from "./x.js";
export * as all from "./y.js";
const lazy = () => import("./z.js");
class Store { #rows = []; static limit = 3; #read() { return this.#rows; } static at() {} }
let x = a?.b ?? c; x ??= 1; x ||= 2; x &&= 3; const big = 1_000n;
const seen = new Map(); seen.has(x); [1].flat().includes(2); "a".replaceAll("a", "b").trim();
const ref = new WeakRef(x); Promise.any([]); Promise.allSettled([]); Object.fromEntries([]);
async function send() {
  try { await fetch("/sync/", { method: "POST", keepalive: true, signal: new AbortController().signal }); }
  catch { return; }
  for await (const part of x) use(part);
}
navigator.locks.request("send", { ifAvailable: true }, send); navigator.share({ title: "x" });
navigator.serviceWorker.register("/sw.js", { scope: "/" }); navigator.storage.persist();
new Worker("w.js", { type: "module" }); crypto.subtle.encrypt({ name: "AES-GCM" }, x, x);
crypto.getRandomValues(new Uint8Array(16)); new Intl.DateTimeFormat("zh", { dateStyle: "full" });
document.querySelector("dialog:not([open])").showModal(); x.replaceChildren(); x.toggleAttribute("open");
indexedDB.open("x", 1).onsuccess = (event) => event.target.result.transaction("a", "readwrite");
const scheduler = { at: 1 }; scheduler.run(); x.at; queueMicrotask(send); /(?<year>\\d+)(?<=a)(?:b)/su;
"""
SINS_OF_MARKUP = {
    "<div popover>": "attribute popover 114",
    "<div {% if x %}inert{% endif %}>": "attribute inert 102",
    '<button popovertarget="x">': "attribute popovertarget 114",
    '<details name="x">': "attribute name 120",
    '<img fetchpriority="high">': "attribute fetchpriority 101",
    '<script type="importmap">': 'type="importmap" 89',
    '<div hidden="until-found">': 'hidden="until-found" 102',
    "<search>": "<search> 118",
}
MARKUP_OF_86 = """{% load i18n %}{# <div popover> #}
<dialog open><img src="{{ x }}" loading="lazy" alt="{{ popover }}"></dialog>
<input type="file" accept="image/*" capture="environment" inputmode="numeric" enterkeyhint="next">
<details open><summary hidden>x</summary></details><script type="module" src="x"></script>
<p class="{% if inert %}inert{% endif %}" data-popover>popover</p><input type="date" autofocus>
"""


def found(uses):
    return ", ".join(sorted({f"{use.feature} {use.since}" for use in uses}))


@pytest.mark.parametrize(("style", "feature"), SINS_OF_STYLE.items())
def test_young_style_is_found(style, feature):
    assert found(css_uses(style)) == feature


@pytest.mark.parametrize(("script", "feature"), SINS_OF_SCRIPTS.items())
def test_young_script_is_found(script, feature):
    assert feature in found(js_uses(script))


@pytest.mark.parametrize(("markup", "feature"), SINS_OF_MARKUP.items())
def test_young_markup_is_found(markup, feature):
    assert found(html_uses(markup)) == feature


def test_what_chrome_86_has_is_left_alone():
    assert css_uses(STYLE_OF_86) == []
    assert js_uses(SCRIPT_OF_86) == []
    assert html_uses(MARKUP_OF_86) == []


def test_script_that_is_a_template_is_read_as_it_is_sent():
    script = """const shell = [{% for one in shell %}"{{ one }}",{% endfor %}];
const days = {{ days }}; // {# a note #}
structuredClone(shell);"""
    assert [str(use) for use in js_uses(without_template_tags(script))] == [
        "3: structuredClone (Chrome 98)"
    ]


def test_use_is_named_with_its_line():
    assert [str(use) for use in css_uses("a {\n  color: red;\n  inset: 0;\n}")] == [
        "3: inset (Chrome 87)"
    ]
    assert [str(use) for use in html_uses("{% comment %}\n{% endcomment %}<div\n  popover>")] == [
        "3: attribute popover (Chrome 114)"
    ]


def test_marker_excuses_its_line_and_gives_a_reason():
    def judged(text):
        return unexcused(text, css_uses(text))

    assert judged("a { inset: 0 } /* beyond 86: top and left stand above */") == []
    assert judged("a { inset: 0 } /* beyond 86: */") == ["1: a marker gives its reason"]
    assert judged("a { top: 0 } /* beyond 86: top */") == ["1: nothing here needs a marker"]
    assert judged("/* beyond 86: below */\na { inset: 0 }") == [
        "2: inset (Chrome 87)",
        "1: nothing here needs a marker",
    ]


def test_extract_names_its_source_and_holds_only_what_is_younger():
    source = features()["source"]
    assert source["package"] == "@mdn/browser-compat-data"
    assert source["licence"] == "CC0-1.0"
    assert len(source["sha256"]) == 64

    def ages(part):
        return [part] if isinstance(part, str) else [age for x in part.values() for age in ages(x)]

    young = [age for name, part in features().items() if name != "source" for age in ages(part)]
    assert len(young) > 2000
    assert min(int(age) for age in young if age != "never") > BASELINE


def test_nothing_here_is_younger_than_chrome_86():
    assert faults() == []
