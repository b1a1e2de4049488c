"""What ``train`` and ``evaluate`` print: the product's face. About twenty lines of eighty columns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from softreg.cli.columns import columns_table
from softreg.cli.words import (
    HOLD,
    SCALED,
    WIDTH,
    calibration_words,
    compact,
    counted,
    number,
    plural,
    row,
    short,
    sizes,
    table,
    typed,
)
from softreg.optimizers import title_of
from softreg.plots.text import sparkline
from softreg.settings import tol_of
from softreg.workflows.evaluate import Evaluation
from softreg.workflows.record import TrainResult

__all__ = ["evaluation_summary", "training_summary"]

MOST_CLASSES = 6
"""Up to here a confusion matrix fits; beyond, the commonest confusions are named."""

MOST_PULLS = 4
"""Up to here the pulls of every class fit as well."""

SURE = 0.8
"""Below this confidence a mistake is no sure one."""


def training_summary(result: TrainResult) -> str:
    """Return the summary of a training."""
    parts = [name for name in ("test", "val", "train") if name in result.metrics]
    held = parts[0]
    lines = [_rows(result), _columns(result), *_fit(result), _scores({name: result.metrics[name] for name in parts})]
    lines += _calibration(result.metrics)
    lines += [*_folds(result.metrics), _confusion(result.metrics[held]), *_pulls(result)]
    if result.mistake:
        classes, wrong = result.model.classes, result.mistake
        says = f"row {wrong.row}: says {classes[wrong.says]} ({wrong.confidence:.2f}), is {classes[wrong.truth]}"
        lines.append(row("sure, wrong" if wrong.confidence >= SURE else "wrong", short(says, WIDTH - 13)))
    lines.append(row("saved", str(result.run.path)))
    lines.append(row("next", "softreg plot last      softreg predict last new.csv"))
    return "\n".join(lines)


def evaluation_summary(result: Evaluation, word: str) -> str:
    """Return the summary of a model's metrics on given rows."""
    head = row(short(result.name, 16), f"{plural(result.metrics['n_rows'], 'row')} with a label")
    return "\n".join(
        [
            head,
            _scores({"input": result.metrics}),
            _confusion(result.metrics),
            row("next", typed("plot", word, "--kind", "weights")),
        ]
    )


def _rows(result: TrainResult) -> str:
    dataset = result.dataset
    classes = ", ".join(f"{short(name, 20)}{HOLD}({count})" for name, count in list(result.class_counts.items())[:12])
    if len(result.class_counts) > 12:
        classes += f" and {len(result.class_counts) - 12} more"
    told = f"{plural(dataset.n_samples, 'row')}; {dataset.target}: {classes}; {sizes(result.split)}"
    return row(short(dataset.name, 24), f"{told}, seed{HOLD}{result.settings.seed}")


def _columns(result: TrainResult) -> str:
    columns, scaled = result.dataset.columns, SCALED[result.fit.scale]
    if any(role.told or role.missing for role in result.dataset.roles):
        listing = columns_table(result.dataset.roles, result.model.preparation, result.missing)
        return listing + "\n" + row("", f"{plural(len(result.model.columns), 'feature')}, {scaled}")
    if result.dataset.sparse and result.fit.scale == "standard":
        scaled = "divided by their standard deviations, not centred: they are sparse"
    if result.dataset.pixels or len(columns) > 40:
        return row("columns", f"{len(columns)} {'pixels' if result.dataset.pixels else 'features'}, {scaled}")
    shown = ", ".join(short(name, 24) for name in columns[:8]) + (" ..." if len(columns) > 8 else "")
    return row("columns", f"{shown}  ({plural(len(columns), 'feature')}, {scaled})")


def _fit(result: TrainResult) -> list[str]:
    fit, settings, objective = result.fit, result.settings, result.metrics["objective"]
    l2 = compact(settings.l2)
    penalty = f"l2 {l2} = scikit-learn{HOLD}C{HOLD}{objective['sklearn_C']:.3g}" if settings.l2 else "no penalty"
    if settings.l2 and not result.path:
        penalty += f" (--l2{HOLD}auto{HOLD}chooses)"
    losses = [line["train_cross_entropy"] for line in fit.history]
    label = "cross-entropy" + ("" if fit.history[-1]["measured"] == "exact" else ", running means")
    start = f"{losses[0]:.3f}"
    if math.isclose(losses[0], math.log(len(result.model.classes)), rel_tol=1e-5):
        start += f" = log {len(result.model.classes)}"
    lines = [
        row("fit", f"{title_of(settings.optimizer, settings.momentum)}, {penalty}"),
        *_choice(result),
        row("", _steps(result) + _ending(result)),
        row("", f"{start}  {sparkline(losses, 16, log=True)}  {number(losses[-1])}  {label}"),
    ]
    return lines + _proof(objective)


def _choice(result: TrainResult) -> list[str]:
    """How l2 was chosen, where it was."""
    if not result.path:
        return []
    path, folds = result.path, len(result.path.cross_entropy)
    best, chosen = path.best, path.chosen
    told = f"l2 chosen of {len(path.l2)} by {folds} folds: held-out cross-entropy {path.mean[chosen]:.3f}"
    if chosen != best:
        least = f"{path.mean[best]:.3f}{HOLD}+-{HOLD}{path.standard_error[best]:.3f}"
        told += f", within one standard error of the best, {least} at {compact(float(path.l2[best]))}"
    return [row("", told)]


def _folds(metrics: dict[str, Any]) -> list[str]:
    """What a cross-validation found."""
    found = metrics.get("cross_validation")
    if not found:
        return []
    mean, spread = found["mean"], found["spread"]
    told = [
        f"{name.replace('_', '-')} {number(mean[name])}{HOLD}+-{HOLD}{number(spread[name])}"
        for name in ("accuracy", "cross_entropy")
    ]
    return [row("folds", f"{', '.join(told)}: mean and spread over {found['folds']} folds of the training rows")]


def _calibration(metrics: dict[str, Any]) -> list[str]:
    """What calibration did, and to the cross-entropy of which rows."""
    told = metrics.get("calibration", {})
    words = calibration_words(told)
    if words and told["before"]:
        part, rows = ("test", "test rows") if "test" in told["before"] else ("val", "rows that it was fitted on")
        if part in told["before"]:
            before, after = (number(told[when][part]["cross_entropy"]) for when in ("before", "after"))
            words += f"; cross-entropy of the {rows} {before}{HOLD}->{HOLD}{after}"
    return [row("calibrated", words)] if words else []


def _steps(result: TrainResult) -> str:
    """How many steps or epochs, how long, and of which size; for conjugate gradients, what gd would have needed."""
    fit, settings = result.fit, result.settings
    seconds = f"{fit.history[-1]['seconds']:.2f}{HOLD}s"
    count = int(fit.history[-1]["epoch"])
    if fit.step_size is None:
        needed = result.metrics["objective"]["gd_steps"]
        rival = f"; gd would need about {counted(needed)}" if needed and needed > 1 else ""
        return f"{plural(count, 'step')}, {seconds}{rival}"
    auto = " (auto)" if settings.learning_rate is None else ""
    return f"{plural(count, 'epoch')}, {seconds}, learning rate{HOLD}{fit.step_size.learning_rate:.3g}{auto}"


def _proof(objective: dict[str, Any]) -> list[str]:
    """What is proved of the training objective, where the proof says something."""
    upper, value = objective["gap_upper"], objective["final"]
    if upper is None or upper >= value / 10:
        return []
    digits = min(6, max(3, 1 - math.floor(math.log10(max(upper, 1e-9)))))
    told = f"training objective{HOLD}{value:.{digits}f}, proved within{HOLD}{compact(upper)} of the least possible"
    return [row("", f"{told} with this l2 on these features")]


def _ending(result: TrainResult) -> str:
    """Why training stopped, in a few words; where it did not converge, how far it is from that."""
    fit, settings = result.fit, result.settings
    last = fit.history[-1]
    word = "epoch" if fit.step_size else "step"
    kept = f" (kept: {word}{HOLD}{fit.state.epoch})" if fit.state.epoch < last["epoch"] else ""
    if fit.converged and fit.step_size is None and not kept and _proof(result.metrics["objective"]):
        return ""  # the proof tells more
    if fit.converged or fit.diverged or last["epoch"] < settings.epochs:
        return f"; {fit.stopped_because}{kept}"
    if last["grad_norm"] is None:
        return kept  # all the epochs that were asked for: mini-batches know no more
    if fit.step_size is None:
        return f"; not converged: {fit.stopped_because}"
    norm, tol = compact(last["grad_norm"]), compact(tol_of(settings))
    return f"; not converged: gradient norm{HOLD}{norm}, tol{HOLD}{tol}{kept}"


def _scores(parts: dict[str, dict[str, Any]]) -> str:
    """Accuracy and cross-entropy of every part, the first one's interval, and what guessing would have scored."""
    first = next(iter(parts.values()))
    low, high = first["accuracy_interval"]
    others = list(parts)[1:]
    yard = first["yardsticks"]
    head = ["", next(iter(parts)), "95%", *others, "guessing"]
    accuracy = ["accuracy", number(first["accuracy"]), f"{low:.3f}-{high:.3f}"]
    accuracy += [number(parts[name]["accuracy"]) for name in others]
    accuracy += [number(yard["commonest_class_accuracy"])]
    entropy = ["cross-entropy", number(first["cross_entropy"]), ""]
    entropy += [number(parts[name]["cross_entropy"]) for name in others]
    entropy += [number(yard["class_shares_cross_entropy"])]
    lines = table([head, accuracy, entropy]).splitlines()
    return "\n".join([lines[0], f"{lines[1]}  commonest class", f"{lines[2]}  class shares"])


def _confusion(metrics: dict[str, Any]) -> str:
    classes, counts = metrics["classes"], np.array(metrics["confusion"])
    if len(classes) > MOST_CLASSES:
        return _commonest_confusions(classes, counts)
    width = min(16, max(4, (WIDTH - 22) // len(classes) - 7))
    lines = [["", *(f"says {short(name, width)}" for name in classes), "found"]]
    for name, line, scores in zip(classes, counts, metrics["per_class"], strict=True):
        lines.append([f"is {short(name, 12)}", *(f"{count:.6g}" for count in line), number(scores["recall"], 2)])
    return table(lines)


def _commonest_confusions(classes: list[str], counts: np.ndarray, most: int = 4) -> str:
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [divmod(int(place), len(classes)) for place in order if wrong.flat[place]]
    if not pairs:
        return row("mistakes", "none")
    told = [f"{short(classes[i], 16)} taken for {short(classes[j], 16)} ({wrong[i, j]:.6g})" for i, j in pairs]
    return row("mistakes", f"{wrong.sum():.6g}: " + "; ".join(told) + (" ..." if (wrong > 0).sum() > most else ""))


def _pulls(result: TrainResult) -> list[str]:
    """The features with the largest weights per standard deviation, for each class."""
    model = result.model
    if result.dataset.pixels or len(model.classes) > MOST_PULLS or not model.weights.any():
        return []
    weights = model.weights * model.features["deviation"][:, None]
    chosen = {name: weights[:, place] for place, name in enumerate(model.classes)}
    unit = "logit per standard deviation"
    if len(model.classes) == 2:
        chosen = {model.classes[1]: weights[:, 1] - weights[:, 0]}
        unit = "log-odds per standard deviation"
    labels = {name: f"pulls to {short(name, 14)}" for name in chosen}
    margin = max(map(len, labels.values())) + 2
    lines = [f"{labels[name]:<{margin}}{_strongest(model.columns, chosen[name], WIDTH - margin)}" for name in chosen]
    return [*lines, f"{'':<{margin}}({unit})"]


def _strongest(columns: tuple[str, ...], weights: np.ndarray, room: int, most: int = 3) -> str:
    """As many of the strongest features as there is room for, at least one."""
    order = np.argsort(-np.abs(weights), kind="stable")[:most]
    told = [f"{short(columns[place], room - 8)} {weights[place]:+.2f}" for place in order]
    while len(told) > 1 and len("   ".join(told)) > room:
        told.pop()
    return "   ".join(told)
