from bs4 import BeautifulSoup

from gridmgmt.overview.tables import Cell, Row
from gridmgmt.templatetags.charts import FLOOR, PLOT, WIDTH, chart_bar, chart_columns, figure_rows


def drawing(points):
    return BeautifulSoup(chart_columns("Visits", points), "html.parser")


def test_columns_are_as_high_as_their_numbers():
    soup = drawing([("a", 10, 4), ("b", 0, 0), ("c", 5, 5)])
    wholes = [float(bar["height"]) for bar in soup.select("svg > .chart__whole")]
    parts = [float(bar["height"]) for bar in soup.select("svg > .chart__ink")]
    assert wholes == [PLOT, 0, PLOT / 2]
    assert parts == [PLOT * 0.4, 0, PLOT / 2]
    assert all(float(bar["y"]) + float(bar["height"]) == FLOOR for bar in soup.select("svg > rect"))


def test_columns_and_words_stay_inside_the_drawing():
    soup = drawing([(f"{week}/30", 123456, 5) for week in range(13)])
    last = soup.select("svg > rect")[-1]
    assert float(last["x"]) + float(last["width"]) <= WIDTH
    # Seven characters of thirteen units, about half as wide as high.
    assert all(float(text["x"]) + len(text.text) * 3.5 <= WIDTH for text in soup.find_all("text"))


def test_wide_numbers_stand_on_every_second_column_and_the_last():
    points = [(str(week), 100 + week, 0) for week in range(4)]
    assert [text.text for text in drawing(points).select(".chart__number")] == ["101", "103"]
    points = [(str(week), week, 0) for week in range(4)]
    assert [text.text for text in drawing(points).select(".chart__number")] == list("0123")
    assert [text.text for text in drawing(points).select(".chart__label")] == ["1", "3"]


def test_chart_of_nothing_is_an_empty_frame():
    assert drawing([]).select("svg > rect") == []
    assert [bar["height"] for bar in drawing([("a", 0, 0)]).select("svg > rect")] == ["0.0", "0.0"]


def test_bar_is_filled_in_proportion_and_never_beyond():
    def filled(part, whole):
        soup = BeautifulSoup(chart_bar(part, whole), "html.parser")
        return float(soup.select_one(".chart__ink")["width"])

    assert [filled(1, 4), filled(0, 4), filled(0, 0), filled(9, 4)] == [25, 0, 0, 100]


def test_words_from_the_register_are_escaped():
    row = Row('<b>"网格"</b>', "", [Cell('"><i>', None, "/x/?a=1&b=2")])
    html = figure_rows([row])
    assert "<b>" not in html
    assert "<i>" not in html
    assert 'href="/x/?a=1&amp;b=2"' in html
    assert "<script>" not in chart_columns("<script>", [("<script>", 1, 1)])
