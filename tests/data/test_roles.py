"""What becomes of each column of a table: the rule, line by line, and how it is overruled."""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest

from softreg.data import load
from softreg.data.roles import role_of
from softreg.errors import DataError, UsageError
from softreg.settings import SourceSettings, SplitSettings

ROWS = 60
WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "nobody", "looks"]


def table(folder, **columns):
    """A CSV with these columns, a number that is always used, and a label."""
    columns = {"base": [k * 0.37 % 5 for k in range(ROWS)]} | columns | {"label": ["u", "v"] * (ROWS // 2)}
    frame = pl.DataFrame(columns, strict=False)
    frame.write_csv(folder / "t.csv")
    return str(folder / "t.csv")


def role(folder, values, name="col", **source):
    """The role of one column, and what is told of it."""
    data = load(table(folder, **{name: values}), SourceSettings(**source))
    (found,) = [role for role in data.roles if role.name == name]
    assert found.used == (name in data.columns)
    assert (found.role == "category") == (name in data.levels)
    return found


def every(*values):
    return [values[k % len(values)] for k in range(ROWS)]


NAMES = [f"name{k * 7919 % 1000}" for k in range(ROWS)]
DAYS = [datetime.date(2024, 1, 1) + datetime.timedelta(days=k) for k in range(ROWS)]
PROSE = [f"{k} " + " ".join(WORDS[(k * 5 + j) % len(WORDS)] for j in range(5 + k % 3)) for k in range(ROWS)]


@pytest.mark.parametrize(
    ("values", "expected", "word"),
    [
        (every(1.5, 2.25, 3.5), "number", ""),
        (every(1, 2, 3), "number", ""),
        (every("1", "", "NA", "2.5", "nan", "?"), "number", ""),
        (every("true", "false", "True"), "number", ""),
        ([k * k for k in range(ROWS)], "number", ""),
        (every("a", "b", "c"), "category", "3 levels"),
        (every("a", "A", " a "), "category", "2 levels"),
        (every("S", "", "NA"), "category", "1 level"),
        (every("12", "12a"), "category", "2 levels"),
        (every("None", "Attached"), "category", "2 levels"),
        (every(4), "left out", "constant"),
        (every("same", " same"), "left out", "constant"),
        (every("", "NA", "?"), "left out", "empty"),
        (list(range(7, ROWS + 7)), "left out", "identifier"),
        (list(range(ROWS, 0, -1)), "left out", "identifier"),
        (NAMES, "left out", "identifier"),
        ([f"{day:%Y-%m-%d}" for day in DAYS], "left out", "dates"),
        ([f"{day:%d.%m.%Y}" for day in DAYS], "left out", "dates"),
        ([f"{day:%m/%d/%Y}" for day in DAYS], "left out", "dates"),
        ([f"{day:%Y-%m-%d} 12:00:00" for day in DAYS], "left out", "dates"),
        ([f"{day:%Y-%m-%d}" if k % 3 else "" for k, day in enumerate(DAYS)], "left out", "dates"),
        (PROSE, "left out", "free text"),
        ([f"w{k % 20}" for k in range(ROWS)], "left out", "few of them in 5 rows"),
        (["x", "y", "z"] * 4 + [f"w{k % 24}" for k in range(ROWS - 12)], "category", "27 levels"),
    ],
)
def test_a_column_has_the_role_that_the_rule_gives_it(tmp_path, values, expected, word):
    if word == "27 levels":
        values = ["x"] * 6 + values[6:]
    found = role(tmp_path, values)
    assert found.role == expected
    assert word in found.told


@pytest.mark.parametrize("name", ["id", "ID", "customer_id", "customerId", "row", "zip no", "Unnamed: 0", "key"])
def test_whole_numbers_that_are_all_new_are_an_identifier_where_they_are_called_one(tmp_path, name):
    values = [1000 + k * k for k in range(ROWS)]
    assert role(tmp_path, values, name).role == "left out"
    assert role(tmp_path, [value / 2 + 0.25 for value in values], name).role == "number"
    assert role(tmp_path, every(1, 2, 3), name).role == "number"


@pytest.mark.parametrize("name", ["paid", "humid", "age", "monkey", "width", "Idea"])
def test_names_that_only_end_like_an_identifiers_are_numbers(tmp_path, name):
    assert role(tmp_path, [1000 + k * k for k in range(ROWS)], name).role == "number"


def test_few_rows_say_nothing_about_values_that_are_all_new(tmp_path):
    (tmp_path / "t.csv").write_text("id,who,word,label\n1,Ann,u v w x y,p\n2,Bob,a b c d e,q\n3,Cem,f g h i j,p\n")
    data = load(str(tmp_path / "t.csv"), SourceSettings())
    assert data.columns == ("id", "who", "word")
    assert set(data.levels) == {"who", "word"}


def test_missing_values_are_counted(tmp_path):
    assert role(tmp_path, every("a", "b", "", "NA")).missing == ROWS // 2
    assert role(tmp_path, every("1", "2", "?")).missing == ROWS // 3
    assert role(tmp_path, every("1", "2")).missing == 0


def test_a_constant_with_gaps_is_of_use_because_the_gaps_are(tmp_path):
    assert role(tmp_path, every("4", "")).role == "number"
    assert role(tmp_path, every("yes", "")).role == "category"


def test_text_among_numbers_is_missing_where_the_column_is_said_to_be_numeric(tmp_path):
    values = every("1", "2", "three", "4")
    assert role(tmp_path, values).role == "category"
    found = role(tmp_path, values, numeric=("col",))
    assert (found.role, found.missing) == ("number", ROWS // 4)
    data = load(table(tmp_path, col=values), SourceSettings(numeric=("col",)))
    np.testing.assert_array_equal(data.X[:4, 1], [1, 2, np.nan, 4])


def test_numbers_said_to_be_categories_keep_their_text(tmp_path):
    values = every("01", "1", "1.0", "2")
    assert role(tmp_path, values).role == "number"
    data = load(table(tmp_path, col=values), SourceSettings(categorical=("col",)))
    assert data.levels == {"col": ("01", "1", "2")}
    assert [data.levels["col"][int(code)] for code in data.X[:4, 1]] == ["01", "1", "1", "2"]


@pytest.mark.parametrize(
    ("values", "option"),
    [
        (list(range(ROWS)), "numeric"),
        (list(range(ROWS)), "features"),
        (NAMES, "categorical"),
        (NAMES, "features"),
        ([f"{day:%Y-%m-%d}" for day in DAYS], "categorical"),
        ([f"{day:%Y-%m-%d}" for day in DAYS], "features"),
        (PROSE, "categorical"),
        ([f"w{k % 20}" for k in range(ROWS)], "features"),
    ],
)
def test_who_names_a_column_gets_it(tmp_path, values, option):
    assert role(tmp_path, values).role == "left out"
    assert role(tmp_path, values, **{option: ("col",)}).used


def test_a_pattern_does_not_name_a_column(tmp_path):
    assert role(tmp_path, NAMES, features=("c*", "base")).role == "left out"


def test_constant_and_empty_columns_cannot_be_forced_in(tmp_path):
    for values in (every(4), every("same"), every("", "NA")):
        for option in ("features", "numeric", "categorical"):
            if values[0] == "same" and option == "numeric":
                continue  # an error: see the next test
            named = ("col", "base") if option == "features" else ("col",)
            assert role(tmp_path, values, **{option: named}).role == "left out"


def test_a_column_without_a_number_cannot_be_forced_to_be_one(tmp_path):
    with pytest.raises(DataError, match="no value of the column is a number"):
        role(tmp_path, every("x", "y"), numeric=("col",))


def test_the_columns_aside_are_no_features_and_have_no_role(tmp_path):
    columns = {
        "who": NAMES,
        "side": every("train", "train", "test"),
        "group": every("g", "h", "i", "j"),
        "w": every(1, 2),
        "left": every(1.5, 2.5, 7),
    }
    source = SourceSettings(id=("who",), weight_col="w", exclude=("left",))
    data = load(table(tmp_path, **columns), source, SplitSettings(split_col="side", group_col="group"))
    assert data.columns == ("base",)
    assert [role.name for role in data.roles] == ["base"]
    assert data.ids["who"].tolist() == NAMES
    assert data.weights.tolist() == every(1, 2)
    assert data.groups.tolist() == columns["group"]
    assert data.part.tolist() == columns["side"]


def test_every_column_has_one_role_in_the_order_of_the_table(tmp_path):
    data = load(table(tmp_path, b=NAMES, a=every("x", "y"), c=every(1)), SourceSettings())
    assert [(role.name, role.role) for role in data.roles] == [
        ("base", "number"),
        ("b", "left out"),
        ("a", "category"),
        ("c", "left out"),
    ]


def test_a_table_of_nothing_but_identifiers_and_constants_is_refused_with_the_reasons(tmp_path):
    frame = pl.DataFrame({"id": range(ROWS), "c": every(1), "who": NAMES, "label": every("u", "v")})
    frame.write_csv(tmp_path / "t.csv")
    with pytest.raises(DataError) as caught:
        load(str(tmp_path / "t.csv"), SourceSettings())
    assert all(word in str(caught.value) for word in ("id (identifier", "c (constant", "who (identifier", "--numeric"))


def parquet(folder, column):
    frame = pl.DataFrame({"base": [k * 0.37 % 5 for k in range(ROWS)], "col": column, "label": every("u", "v")})
    frame.write_parquet(folder / "t.parquet")
    (found,) = [role for role in load(str(folder / "t.parquet"), SourceSettings()).roles if role.name == "col"]
    return found


@pytest.mark.parametrize(
    ("values", "dtype", "expected", "word"),
    [
        (every(1, 2, None), pl.Int8, "number", ""),
        (every(1.5, 2, None), pl.Float32, "number", ""),
        (every(True, False, None), None, "number", ""),
        (every("a", "b", None), None, "category", "2 levels"),
        (every("a", "b", None), pl.Categorical, "category", "2 levels"),
        (every("a", "b"), pl.Enum(["b", "a", "never"]), "category", "2 levels"),
        (every(None), pl.Float64, "left out", "empty"),
        (every(None), pl.Null, "left out", "empty"),
        (every(3), pl.Int64, "left out", "constant"),
        (DAYS, None, "left out", "dates"),
        ([datetime.datetime(2024, 1, 1, hour=k % 24) for k in range(ROWS)], None, "left out", "dates"),
        (every([1, 2], [3]), None, "left out", "holds List"),
    ],
)
def test_types_of_parquet_are_roles_too(tmp_path, values, dtype, expected, word):
    found = parquet(tmp_path, pl.Series(values, dtype=dtype))
    assert found.role == expected
    assert word in found.told


DOSES = {"dose_1": every(1.5, 2, 4), "dose_2": every(5, 6.5, 8), "other": every(1, 7.5, 2)}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"features": ("dose_*",)}, ("dose_1", "dose_2")),
        ({"features": ("dose_?", "base")}, ("base", "dose_1", "dose_2")),
        ({"features": ("dose_[2-9]",)}, ("dose_2",)),
        ({"exclude": ("dose_*",)}, ("base", "other")),
        ({"features": ("dose_*", "other"), "exclude": ("*_1",)}, ("dose_2", "other")),
        ({"exclude": ("*o*",)}, ("base",)),
    ],
)
def test_patterns_choose_columns_in_the_order_of_the_table(tmp_path, chosen, expected):
    if chosen.get("exclude") == ("*o*",):
        chosen = {"exclude": ("dose_*", "o*")}
    assert load(table(tmp_path, **DOSES), SourceSettings(**chosen)).columns == expected


def test_a_column_whose_name_looks_like_a_pattern_is_itself(tmp_path):
    path = table(tmp_path, **{"a[1]": every(1.5, 2, 9), "a1": every(2, 3, 4), "a*": every(1, 7, 9)})
    assert load(path, SourceSettings(features=("a[1]",))).columns == ("a[1]",)
    assert load(path, SourceSettings(exclude=("a*",))).columns == ("base", "a[1]", "a1")


def test_a_pattern_may_cover_a_column_that_is_aside(tmp_path):
    data = load(table(tmp_path, lab_x=every(1, 3, 2)), SourceSettings(features=("*",)))
    assert data.columns == ("base", "lab_x")
    assert load(table(tmp_path, lab_x=every(1, 3, 2)), SourceSettings(exclude=("lab*",))).columns == ("base",)


@pytest.mark.parametrize("option", ["features", "exclude", "id", "numeric", "categorical", "weight_col"])
def test_a_column_that_is_not_there_is_answered_with_the_option_and_the_nearest(tmp_path, option):
    given = "othr" if option == "weight_col" else ("othr",)
    with pytest.raises(DataError) as caught:
        load(table(tmp_path, **DOSES), SourceSettings(**{option: given}))
    flag = "--" + option.replace("_", "-")
    assert all(word in str(caught.value) for word in ('no column "othr"', flag, 'Did you mean "other"?'))


def test_a_pattern_that_means_nothing_is_refused(tmp_path):
    with pytest.raises(DataError, match=r'no column "zz\*".*--exclude'):
        load(table(tmp_path, **DOSES), SourceSettings(exclude=("zz*",)))


@pytest.mark.parametrize(
    "source",
    [
        {"exclude": ("label",)},
        {"features": ("label",)},
        {"numeric": ("label",)},
        {"categorical": ("other",), "numeric": ("other",)},
        {"id": ("other",), "exclude": ("other",)},
        {"weight_col": "other", "features": ("other",)},
        {"weight_col": "label"},
        {"id": ("label",)},
        {"id": ("other",), "weight_col": "other"},
        {"weight_col": "other", "target_distribution": ("other", "dose_1")},
    ],
)
def test_one_column_for_two_purposes_is_a_usage_error_that_names_it(tmp_path, source):
    with pytest.raises(UsageError, match=r'"(label|other)"'):
        load(table(tmp_path, **DOSES), SourceSettings(**source))


def test_a_group_may_name_the_rows_too(tmp_path):
    source, split = SourceSettings(id=("who",)), SplitSettings(group_col="who")
    data = load(table(tmp_path, who=every("Ann", "Bob", "Cem")), source, split)
    assert data.ids["who"].tolist() == data.groups.tolist()


@pytest.mark.parametrize(
    "split", [{"split_col": "label"}, {"group_col": "label"}, {"split_col": "side", "group_col": "side"}]
)
def test_one_column_for_two_sides_of_a_split_is_a_usage_error(tmp_path, split):
    with pytest.raises(UsageError, match=r"-col.*One column has one purpose"):
        load(table(tmp_path, side=every("train", "test")), SourceSettings(), SplitSettings(**split))


def test_excluding_everything_leaves_no_feature(tmp_path):
    with pytest.raises(DataError, match="no column left"):
        load(table(tmp_path), SourceSettings(exclude=("base",)))


def judged(values, name="col", **source):
    """The role of a column by itself, what is told of it, and how many values are missing."""
    found, _ = role_of(pl.Series(name, values), SourceSettings(**source))
    assert found.name == name
    return found.role, found.told, found.missing


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.5, 2.0, None, float("nan")], ("number", "", 2)),
        ([None, float("nan")], ("left out", "empty", 2)),
        ([2.5, 2.5], ("left out", "constant: always 2.5", 0)),
        ([1e9], ("left out", "constant: always 1e+09", 0)),
        ([2.0**53 - 1], ("left out", "constant: always 9.0072e+15", 0)),
        ([2.0**53], ("left out", "constant: always 9.0072e+15, or too large to be told apart", 0)),
        ([None, 1.5, float("nan"), 1.5], ("number", "", 2)),
        (["a", " b", "a", "NA"], ("category", "2 levels", 1)),
        (["a", "", None], ("category", "1 level", 2)),
        (["a b", " a b "], ("left out", 'constant: always "a b"', 0)),
        (["x"], ("left out", 'constant: always "x"', 0)),
        (["", "?", None], ("left out", "empty", 3)),
        (["2024-02-29", "", "2023-01-01"], ("left out", "dates", 1)),
        (["2024-02-29 10:30", "2023-01-01 00:00"], ("left out", "dates", 0)),
        (["2024-02-29", "2023-01-01 00:00"], ("category", "2 levels", 0)),
        (["2024-02-29", "2023-02-29"], ("category", "2 levels", 0)),
        ([datetime.date(2024, 1, 1), None], ("left out", "dates", 0)),
        ([datetime.timedelta(hours=1)], ("left out", "dates", 0)),
        ([[1], [2]], ("left out", "holds List(Int64)", 0)),
        ([b"x"], ("left out", "holds Binary", 0)),
    ],
)
def test_what_is_told_of_a_column_is_what_is_in_it(values, expected):
    assert judged(values) == expected


@pytest.mark.parametrize(
    ("source", "refused"),
    [({"numeric": ("col",)}, True), ({"categorical": ("col",)}, True), ({"features": ("col",)}, True), ({}, False)],
)
def test_a_column_of_neither_numbers_nor_text_cannot_be_asked_for(source, refused):
    if not refused:
        assert judged([[1], [2]], **source)[0] == "left out"
        return
    with pytest.raises(DataError) as caught:
        judged([[1], [2]], **source)
    assert caught.value.what == 'Column "col" holds List(Int64), which is neither numbers nor text.'
    assert caught.value.advice == "Convert it in the file, or leave it out."


COUNTER = "identifier: a new whole number in every row"
NEW = "identifier: a new value in nearly every row"


@pytest.mark.parametrize(
    ("values", "name", "told"),
    [
        (range(20), "col", COUNTER),
        (range(19), "col", ""),
        (range(-5, 25), "col", COUNTER),
        ([*range(19), 20], "col", ""),
        ([*range(19), 20], "id", COUNTER),
        ([*range(19), 18], "id", ""),
        ([k + 0.5 for k in range(20)], "id", ""),
        ([*range(19), 19.5], "id", ""),
        ([*range(25), None], "id", ""),
        ([*range(25), float("nan")], "id", ""),
    ],
)
def test_a_counter_is_twenty_or_more_new_whole_numbers_without_a_gap(values, name, told):
    values = [None if value is None else float(value) for value in values]
    assert judged(values, name)[:2] == ("left out" if told else "number", told)
    assert judged(values, name, numeric=(name,))[0] == "number"
    assert judged(values, name, features=(name,))[0] == "number"


def filled(new, rows, words=1):
    """So many rows with so many values, of so many words each; what is no new value is the first one."""
    values = [" ".join([f"v{place}", *["word"] * (words - 1)]) for place in range(new)]
    return values + [values[0]] * (rows - new)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (filled(19, 19), ""),
        (filled(20, 20), NEW),
        (filled(18, 20), ""),
        (filled(19, 20), NEW),
        (filled(27, 30), ""),
        (filled(28, 30), NEW),
        (filled(19, 19, words=4), ""),
        (filled(16, 30, words=4), "free text"),
        (filled(15, 30, words=4), ""),
        (filled(16, 30, words=3), ""),
        (filled(29, 30, words=4), "free text"),
        (filled(29, 30, words=3), NEW),
        ([*filled(29, 30, words=3), None], NEW),
        (filled(20, 20) + [None] * 20, NEW),
    ],
)
def test_text_is_an_identifier_or_free_from_these_shares_of_new_values_on(values, told):
    assert judged(values, min_count=1)[:2] == (
        ("left out", told) if told else ("category", f"{len({*values} - {None})} levels")
    )
    assert judged(values, features=("col",))[0] == "category"
    assert judged(values, categorical=("col",))[0] == "category"


def pairs(common, rows):
    """Values that come twice, but for one that so many rows have."""
    return ["most"] * common + [f"v{place // 2}" for place in range(rows - common)]


@pytest.mark.parametrize(
    ("values", "min_count", "told"),
    [
        (pairs(5, 50), 5, "category"),
        (pairs(5, 51), 5, "24 values, few of them in 5 rows"),
        (pairs(5, 50), 6, "24 values, few of them in 6 rows"),
        (pairs(3, 30), 3, "category"),
        (pairs(0, 60), 2, "category"),
        (pairs(0, 60), 3, "30 values, few of them in 3 rows"),
        (pairs(0, 54) + [None] * 5, 3, "27 values, few of them in 3 rows"),
        (pairs(0, 54) + [None] * 6, 3, "category"),
        (pairs(0, 18), 3, "category"),
        (pairs(0, 20), 3, "10 values, few of them in 3 rows"),
    ],
)
def test_a_category_has_a_common_value_or_a_common_gap_in_a_tenth_of_its_rows(values, min_count, told):
    role, said, _ = judged(values, min_count=min_count)
    assert said == (f"{len({*values} - {None})} levels" if told == "category" else told)
    assert role == ("category" if told == "category" else "left out")


def test_text_is_dates_where_the_first_two_hundred_values_are():
    days = [f"{datetime.date(2020, 1, 1) + datetime.timedelta(days=k):%Y-%m-%d}" for k in range(200)]
    assert judged([*days, "later"])[1] == "dates"
    assert judged([*days[:199], "later"])[1] == NEW
    assert judged([*days[:199], None, days[199], "later"])[1] == "dates"
