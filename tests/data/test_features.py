"""From the columns of a table to a data set: what a user gets, and what is told where it cannot be had."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from softreg.data import load, load_inputs
from softreg.errors import DataError, SoftregError, UsageError
from softreg.preparation import UNSEEN, Category, Number, Preparation
from softreg.settings import SourceSettings, SplitSettings

NONE = SourceSettings()
DAYS = [datetime.date(2024, 1, 2), datetime.date(2024, 1, 9)]


def written(folder: Path, table: str | dict) -> str:
    """The path of a CSV with this text, or of a parquet file with these columns."""
    path = folder / ("t.csv" if isinstance(table, str) else "t.parquet")
    if isinstance(table, str):
        path.write_text(table)
    else:
        pl.DataFrame(table).write_parquet(path)
    return str(path)


def trained_on(folder: Path, table: str | dict, split: SplitSettings | None = None, **source):
    return load(written(folder, table), SourceSettings(**source), split or SplitSettings())


def given_to(folder: Path, table: str | dict, *columns: str | Category, target: str = "label", **source):
    """The table as a model of these columns takes it: numbers, unless they are categories."""
    ready = Preparation(tuple(Number(name) if isinstance(name, str) else name for name in columns))
    return load_inputs(written(folder, table), ready, target, SourceSettings(**source))


def told(error: pytest.ExceptionInfo[SoftregError]) -> tuple[str, str]:
    return error.value.what, error.value.advice


STUDY = """\
who,age,ward,arm,site,w,label
Ann,31,1,Train,h1,2,u

Bob,45.5,2, TEST,h2,1,v
Cem,,1,validation,h1,0.5,u
Dee,52,3,val,h2,1,
Eve,29,2,test,h3,3, v
"""


def test_a_table_with_everything_beside_its_features_becomes_one_data_set(tmp_path):
    split = SplitSettings(split_col="arm", group_col="site")
    data = trained_on(tmp_path, STUDY, split, id=("who", "site"), weight_col="w", categorical=("ward",))
    assert (data.name, data.target, data.columns) == ("t.csv", "label", ("age", "ward"))
    np.testing.assert_array_equal(data.X, [[31, 0], [45.5, 1], [np.nan, 0], [29, 1]])
    assert data.X.dtype == np.float64
    assert data.X.flags.c_contiguous
    assert data.levels == {"ward": ("1", "2")}
    assert data.rows.tolist() == [1, 3, 4, 6]
    assert data.labels.tolist() == ["u", "v", "u", " v"]
    assert data.part.tolist() == ["train", "test", "val", "test"]
    assert data.groups.tolist() == ["h1", "h2", "h1", "h3"]
    assert data.weights.tolist() == [2, 1, 0.5, 3]
    assert {name: names.tolist() for name, names in data.ids.items()} == {
        "who": ["Ann", "Bob", "Cem", "Eve"],
        "site": ["h1", "h2", "h1", "h3"],
    }
    assert data.distribution is None
    assert data.classes == ()
    assert [(role.name, role.role, role.told, role.missing) for role in data.roles] == [
        ("age", "number", "", 1),
        ("ward", "category", "2 levels", 0),
    ]
    assert data.notes == (
        "Left out, because without a label: 1 row.",
        'The classes " v" and "v" differ only in case or spaces, and count as two.',
    )


def test_a_table_without_anything_beside_its_features_has_nothing_there(tmp_path):
    data = trained_on(tmp_path, "a,label\n1,x\n2,y\n")
    beside = (data.part, data.groups, data.weights, data.distribution, data.classes, data.ids, data.levels, data.notes)
    assert beside == (None, None, None, None, (), {}, {}, ())
    assert data.rows.tolist() == [1, 2]


def test_soft_labels_are_the_labels_and_no_features(tmp_path):
    text = "p_no,age,w,p_yes,label\n3,31,2,1,x\n0,45,1,2,\n"
    data = trained_on(tmp_path, text, target_distribution=("p_no", "p_yes"), weight_col="w")
    assert data.columns == ("age", "label")
    assert data.target == "likeliest class"
    assert data.classes == ("no", "yes")
    assert data.distribution.tolist() == [[0.75, 0.25], [0, 1]]
    assert data.labels.tolist() == ["no", "yes"]
    assert data.weights.tolist() == [2, 1]
    assert data.notes == ("The target columns do not sum to 1 in every row: each row was divided by its sum.",)


def test_the_likeliest_classes_are_not_held_to_be_a_quantity_nor_alike(tmp_path):
    """Of soft labels the classes are names of columns: nobody mistyped them, and nobody measured them."""
    names = [f"p_{place}.5" for place in range(30)]
    rows = [",".join("1" if place == row else "0" for place in range(30)) + f",{row % 7}" for row in range(30)]
    data = trained_on(tmp_path, "\n".join([",".join(names) + ",a", *rows]), target_distribution=tuple(names))
    assert data.labels.tolist() == [name[2:] for name in names]
    assert data.notes == ()
    data = trained_on(tmp_path, "a,A,x\n1,0,2\n0,1,3\n", target_distribution=("a", "A"))
    assert (data.classes, data.notes) == (("a", "A"), ())


def test_all_columns_that_might_be_the_label_are_told(tmp_path):
    data = trained_on(tmp_path, "class,a,y,label\n1,2,3,k\n3,1,1,m\n1,4,2,k\n")
    assert data.notes == ('The label is "label"; class, y count as features (--target says which).',)


def test_notes_tell_first_of_the_table_then_of_its_values_then_of_its_rows(tmp_path):
    rows = [[f"{row}.5", str(row / 4), "xy"[row % 2], "q", str(row % 3)] for row in range(30)]
    rows[7][1], rows[8][0], rows[9][2] = "old", "9007199254740993", ""
    data = trained_on(tmp_path, "big,k,label,,y\n" + "".join(",".join(row) + "\n" for row in rows))
    assert data.notes == (
        "Left out, because it has no name: column 4.",
        'The label is "label"; y counts as a feature (--target says which).',
        '"k": 1 value is no number ("old", row 8) and counts as missing; --categorical k keeps it.',
        "Whole numbers beyond 2^53 are rounded: big.",
        "Left out, because without a label: 1 row.",
    )


def test_whole_numbers_are_rounded_in_features_that_are_numbers_alone(tmp_path):
    """Not in a category, which is text, nor in what stands beside the features."""
    big = ["9007199254740993", "9007199254740995"]
    text = "a,b,c,w,label\n" + "".join(f"{one},{one},1.5,{one},{one}\n" for one in big)
    data = trained_on(tmp_path, text, categorical=("b",), weight_col="w")
    assert data.notes == ("Whole numbers beyond 2^53 are rounded: a.",)
    assert data.levels == {"b": tuple(big)}
    assert data.labels.tolist() == big


def test_a_word_among_decimal_commas_is_told_by_its_row(tmp_path):
    rows = [f"{row},5;{row % 3};{'xy'[row % 2]}" for row in range(30)]
    rows[4], rows[20] = ";1;", "1.5;1;x"
    data = trained_on(tmp_path, "\n".join(["k;c;label", "", *rows]))
    assert data.notes[-2:] == (
        '"k": 1 value is no number ("1.5", row 22) and counts as missing; --categorical k keeps it.',
        "Left out, because without a label: 1 row.",
    )
    assert data.X[:3].tolist() == [[0.5, 0], [1.5, 1], [2.5, 2]]
    assert np.isnan(data.X[19, 0])


def test_features_that_are_all_excluded_are_answered_with_the_columns(tmp_path):
    with pytest.raises(DataError) as caught:
        trained_on(tmp_path, "a,b,label\n1,2,x\n2,3,y\n", exclude=("*",))
    assert told(caught) == ("t.csv has no column left for the features.", "Its columns: a, b, label.")
    with pytest.raises(DataError) as caught:
        trained_on(tmp_path, "a,b,label\n1,2,x\n2,3,y\n", features=("zz*",))
    assert told(caught) == ('t.csv has no column "zz*" (--features).', "It has: a, b, label.")


def test_a_column_that_only_counts_the_rows_is_better_than_none(tmp_path):
    rows = range(1, 31)
    counted = trained_on(tmp_path, "n,word,label\n" + "".join(f"{row},w{row},{'xy'[row % 2]}\n" for row in rows))
    assert counted.columns == ("n",)
    assert [(role.name, role.role) for role in counted.roles] == [("n", "number"), ("word", "left out")]
    beside = trained_on(tmp_path, "n,k,label\n" + "".join(f"{row},{row % 3},{'xy'[row % 2]}\n" for row in rows))
    assert beside.columns == ("k",)


THIRTY = "".join(f"{row},1,w{row},{'xy'[row % 2]}\n" for row in range(30))
NO_FEATURE = "Name what to use with --numeric, --categorical or --features."
ONE_PURPOSE = "One column has one purpose."


@pytest.mark.parametrize(
    ("table", "what", "advice"),
    [
        ("label\nx\ny\n", "t.csv has no column left for the features.", NO_FEATURE),
        (
            f"id,c,who,label\n{THIRTY}",
            "t.csv has no column left for the features: id (identifier: a new whole number in every row), "
            "c (constant: always 1), who (identifier: a new value in nearly every row).",
            NO_FEATURE,
        ),
        (
            {"day": DAYS, "label": ["x", "y"]},
            "t.parquet has no column left for the features: day (dates).",
            NO_FEATURE,
        ),
        (
            "age,sex\n1,m\n2,f\n 2,m\n?,f\n",
            "t.csv: which column holds the label? None is called target, label, class, y or species.",
            "Name one with --target: age (number, 3 distinct), sex (text, 2 distinct).",
        ),
        (
            "age;sex\n1,5;m\n2,5;f\n ?;m\n",
            "t.csv: which column holds the label? None is called target, label, class, y or species.",
            "Name one with --target: age (number, 3 distinct), sex (text, 2 distinct).",
        ),
        (
            ",".join(f"c{place}" for place in range(32)) + "\n" + ",".join("1" * 32) + "\n",
            "t.csv: which column holds the label? None is called target, label, class, y or species.",
            f"Name one with --target: {', '.join(f'c{place} (number, 1 distinct)' for place in range(30))} and 2 more.",
        ),
        (
            "a,label\n1,\n2, \n",
            'No row has a label: column "label" is empty.',
            "Name another one with --target.",
        ),
        (
            "a,y\n" + "".join(f"{row % 7},{row}\n" for row in range(200)),
            '"y" holds 200 different numbers in 200 rows: it looks like a quantity, and softreg classifies.',
            "Name another column with --target, or cut the quantity into classes first.",
        ),
    ],
)
def test_a_table_that_nothing_can_be_learned_from_is_refused(tmp_path, table, what, advice):
    with pytest.raises(DataError) as caught:
        trained_on(tmp_path, table)
    assert told(caught) == (what, advice)


ROOMS = "age,room,arm,the site,label\n1.5,2,train,h1,x\n2.5,3,test,h2,y\n"
COLUMNS = "It has: age, room, arm, the site, label."


@pytest.mark.parametrize(
    ("source", "split", "what", "advice"),
    [
        ({"target": "lable"}, {}, '"lable" (--target)', 'Did you mean "label"?'),
        ({"id": ("sit",)}, {}, '"sit" (--id)', COLUMNS),
        ({"id": ("rom",)}, {}, '"rom" (--id)', 'Did you mean "room"?'),
        ({"numeric": ("rom",)}, {}, '"rom" (--numeric)', 'Did you mean "room"?'),
        ({"categorical": ("zz",)}, {}, '"zz" (--categorical)', COLUMNS),
        ({"weight_col": "w"}, {}, '"w" (--weight-col)', COLUMNS),
        ({"target_distribution": ("age", "q")}, {}, '"q" (--target-distribution)', COLUMNS),
        ({}, {"split_col": "amr"}, '"amr" (--split-col)', 'Did you mean "arm"?'),
        ({}, {"group_col": "the sit"}, '"the sit" (--group-col)', 'Did you mean "the site"?'),
    ],
)
def test_a_column_that_is_not_there_is_told_with_its_option(tmp_path, source, split, what, advice):
    with pytest.raises(DataError) as caught:
        trained_on(tmp_path, ROOMS, SplitSettings(**split), **source)
    assert told(caught) == (f"t.csv has no column {what}.", advice)


@pytest.mark.parametrize(
    ("source", "split", "what", "advice"),
    [
        ({"exclude": ("label",)}, {}, '"label" is named by --exclude and by --target.', "Leave out --exclude label."),
        (
            {"id": ("the site",), "features": ("age", "the site")},
            {},
            '"the site" is named by --features and by --id.',
            "Leave out --features 'the site'.",
        ),
        (
            {"weight_col": "room", "numeric": ("room",)},
            {},
            '"room" is named by --numeric and by --weight-col.',
            "Leave out --numeric room.",
        ),
        (
            {"categorical": ("arm",)},
            {"split_col": "arm"},
            '"arm" is named by --categorical and by --split-col.',
            "Leave out --categorical arm.",
        ),
        (
            {"target_distribution": ("age", "room"), "exclude": ("room",)},
            {},
            '"room" is named by --exclude and by --target-distribution.',
            "Leave out --exclude room.",
        ),
        (
            {"numeric": ("room", "age"), "categorical": ("arm", "room", "age")},
            {},
            '"age" cannot be --numeric and --categorical.',
            "Leave one of them out.",
        ),
        ({"id": ("label",)}, {}, '"label" is named by --target and by --id.', ONE_PURPOSE),
        ({"id": ("age",), "weight_col": "age"}, {}, '"age" is named by --id and by --weight-col.', ONE_PURPOSE),
        ({"id": ("arm",)}, {"split_col": "arm"}, '"arm" is named by --id and by --split-col.', ONE_PURPOSE),
        ({}, {"group_col": "label"}, '"label" is named by --target and by --group-col.', ONE_PURPOSE),
        (
            {},
            {"split_col": "arm", "group_col": "arm"},
            '"arm" is named by --split-col and by --group-col.',
            ONE_PURPOSE,
        ),
        (
            {"weight_col": "room"},
            {"group_col": "room"},
            '"room" is named by --group-col and by --weight-col.',
            ONE_PURPOSE,
        ),
        (
            {"target_distribution": ("age", "room"), "weight_col": "room"},
            {},
            '"room" is named by --target-distribution and by --weight-col.',
            ONE_PURPOSE,
        ),
    ],
)
def test_one_column_for_two_purposes_is_told_with_both_options(tmp_path, source, split, what, advice):
    with pytest.raises(UsageError) as caught:
        trained_on(tmp_path, ROOMS, SplitSettings(**split), **source)
    assert told(caught) == (what, advice)


@pytest.mark.parametrize(
    ("rows", "split", "what", "advice"),
    [
        (
            "1,train,h1,\n2,train,h1,x\n\n3,later,h2,y\n4,never,h2,y\n",
            {"split_col": "arm"},
            'Column "arm", row 4: "later" is no part.',
            "Use train, val, test.",
        ),
        (
            "1,train,h1,x\n2,,h2,y\n",
            {"split_col": "arm"},
            'Column "arm", row 2: "" is no part.',
            "Use train, val, test.",
        ),
        (
            "1,train,h1,\n2,train,h1,x\n\n3,test,,y\n4,test,,y\n",
            {"group_col": "site"},
            'Column "site", row 4: the group is missing.',
            "Fill it in.",
        ),
    ],
)
def test_a_row_on_no_side_of_the_split_is_told_by_its_number(tmp_path, rows, split, what, advice):
    with pytest.raises(DataError) as caught:
        trained_on(tmp_path, f"a,arm,site,label\n{rows}", SplitSettings(**split))
    assert told(caught) == (what, advice)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ({"weight_col": "w"}, 'Column "w" (--weight-col), row 4: "-0.5" is not a number of 0 or more.'),
        ({"weight_col": "a"}, 'Column "a" (--weight-col), row 4: "-3" is not a number of 0 or more.'),
        (
            {"target_distribution": ("p", "q")},
            'Column "q" (--target-distribution), row 4: the value is missing.',
        ),
    ],
)
def test_what_is_wrong_beside_the_features_is_told_by_its_row(tmp_path, source, what):
    with pytest.raises(DataError) as caught:
        trained_on(tmp_path, "a,w,p,q,label\n1,1,1,1,x\n\n2,0,1,1,y\n-3,-0.5,1,,y\n", **source)
    assert told(caught) == (what, "Mend it, or leave that row out.")


def test_a_long_name_is_taken_while_it_is_rare_and_refused_where_it_would_fill_the_memory(tmp_path):
    """An array gives each of its texts the room of the longest: 4 bytes a letter."""
    long = "y" * 1001
    assert trained_on(tmp_path, f"a,label\n1,x\n2,{long}\n").labels.tolist() == ["x", long]
    rows = 2**28 // (4 * 100_000) + 1
    longer = "y" * 100_000
    with pytest.raises(DataError) as caught:
        trained_on(tmp_path, "a,the label\n" + "1,x\n" * (rows - 1) + f"2,{longer}\n", target="the label")
    assert told(caught) == (
        'Column "the label" has a value of 100000 letters: it names neither a class nor anything else.',
        "Shorten or mend it, or name another column.",
    )


@pytest.mark.parametrize(
    ("chosen", "option"),
    [({"numeric": ("day",)}, "numeric"), ({"features": ("a", "day")}, "features")],
)
def test_dates_of_parquet_that_are_asked_for_are_refused(tmp_path, chosen, option):
    with pytest.raises(DataError) as caught:
        trained_on(tmp_path, {"a": [1.0, 2.0], "day": DAYS, "label": ["x", "y"]}, **chosen)
    assert told(caught) == (
        'Column "day" holds Date, which is neither numbers nor text.',
        "Convert it in the file, or leave it out.",
    )


def test_two_columns_of_the_same_letters_in_other_cases_are_two(tmp_path):
    """The label is found in any case of letters, the usual names in their order, and the rest are features."""
    data = trained_on(tmp_path, "Y,CLASS,b\n1.5,u,2\n3,v,4\n")
    assert data.target == "CLASS"
    assert data.columns == ("Y", "b")
    assert data.notes == ('The label is "CLASS"; Y counts as a feature (--target says which).',)
    assert trained_on(tmp_path, "Y,CLASS,b\n1,u,2\n3,v,4\n", target="CLASS").notes == ()


# ------------------------------------------------------------------------------------------------ for a trained model


@pytest.mark.parametrize(
    ("table", "what", "advice"),
    [
        (
            "a,b\n1,2\n\n3,word\n5,other\n",
            't.csv: column "b", row 3: "word" is not a number.',
            "Mend it: the model needs this column.",
        ),
        (
            "a;b\n1,5;2\n3,5;1.5\n5,25;other\n",
            't.csv: column "b", row 2: "1.5" is not a number.',
            "Mend it: the model needs this column.",
        ),
        (
            {"a": [1.0, 2.0], "b": DAYS},
            't.parquet: column "b" holds Date, not numbers.',
            "The model needs numbers there.",
        ),
        (
            {"a": [1.0, 2.0], "b": [[1], [2]]},
            't.parquet: column "b" holds List(Int64), not numbers.',
            "The model needs numbers there.",
        ),
        (
            "a,c\n1,2\n",
            't.csv lacks 1 of the model\'s 2 columns: "b".',
            "It has: a, c.",
        ),
    ],
)
def test_a_table_that_a_model_cannot_take_is_refused(tmp_path, table, what, advice):
    with pytest.raises(DataError) as caught:
        given_to(tmp_path, table, "a", "b")
    assert told(caught) == (what, advice)


def test_a_table_for_a_model_comes_with_what_its_settings_name_and_no_more(tmp_path):
    text = "extra,who,b,zone,w,p_u,p_v,kind,a\nq,007,2,n,3,1,3,01,1\n\nr,x,?,w,0.5,2,2,,3\n"
    zone = Category("zone", ("n", "s"))
    data = given_to(tmp_path, text, "a", zone, "b", target="kind", id=("who", "ghost"), weight_col="w")
    assert (data.name, data.target, data.columns) == ("t.csv", "kind", ("a", "zone", "b"))
    np.testing.assert_array_equal(data.X, [[1, 0, 2], [3, UNSEEN, np.nan]])
    assert data.levels == {"zone": ("n", "s")}
    assert data.rows.tolist() == [1, 3]
    assert data.labels.tolist() == ["01", ""]
    assert data.weights.tolist() == [3, 0.5]
    assert {name: names.tolist() for name, names in data.ids.items()} == {"who": ["007", "x"]}
    assert data.distribution is None
    assert data.notes == ("Ignored, because the model does not know them: extra, p_u, p_v.",)


def test_soft_labels_of_a_table_for_a_model_need_all_of_their_columns(tmp_path):
    soft = {"target_distribution": ("p_u", "p_v")}
    data = given_to(tmp_path, "a,p_u,p_v\n1,1,3\n", "a", **soft)
    assert data.distribution.tolist() == [[0.25, 0.75]]
    assert data.labels.tolist() == ["v"]
    assert data.notes == ("The target columns do not sum to 1 in every row: each row was divided by its sum.",)
    assert given_to(tmp_path, "a,p_u\n1,1\n", "a", **soft).distribution is None
    more = {"target_distribution": ("p_u", "p_v"), "weight_col": "w", "id": ("who",)}
    data = given_to(tmp_path, "a,p_u,p_v\n1,1,3\n", "a", **more)
    assert (data.weights, data.ids, data.distribution.tolist()) == (None, {}, [[0.25, 0.75]])


def test_a_column_that_is_a_feature_of_the_model_is_no_weight_and_no_label(tmp_path):
    data = given_to(tmp_path, "a,w\n1,2\n", "w", "a", target="a", weight_col="w")
    assert data.X.tolist() == [[2, 1]]
    assert (data.weights, data.labels, data.notes) == (None, None, ())


def test_a_table_for_a_model_may_write_decimal_commas(tmp_path):
    data = given_to(tmp_path, "a;b;w;label\n1,5;NA;2;x\n 2,25;3;0,5;y\n", "a", "b", weight_col="w")
    np.testing.assert_array_equal(data.X, [[1.5, np.nan], [2.25, 3]])


def test_missing_numbers_of_parquet_are_nan_whether_written_as_null_or_nan(tmp_path):
    data = given_to(tmp_path, {"a": [1.0, float("nan"), None], "b": [True, None, False]}, "b", "a")
    np.testing.assert_array_equal(data.X, [[1, 1], [np.nan, np.nan], [0, np.nan]])
