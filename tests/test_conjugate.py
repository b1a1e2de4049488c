"""Conjugate gradient descent: the textbook's on quadratics, and a fit that ends where scikit-learn's does."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import datasets
from sklearn.linear_model import LogisticRegression

from softreg import design as design_module
from softreg.design import DesignMatrix
from softreg.errors import DataError
from softreg.functional import log_softmax
from softreg.objective import Objective, sklearn_c
from softreg.optimizers.conjugate import Conjugate
from softreg.settings import TrainingSettings, method_of, tol_of
from softreg.training import Fit, Problem, fit, line_descent
from softreg.training.certificate import certify

PRECONDITIONS = ("none", "diagonal", "whiten")


# On quadratics


def descend(H: np.ndarray, x: np.ndarray, steps: int, M: np.ndarray | None = None) -> list[np.ndarray]:
    """Our directions with exact steps on x H x / 2."""
    memory, path = {}, [x]
    for _ in range(steps):
        g = H @ path[-1]
        direction, memory = Conjugate().update(g, g if M is None else np.linalg.solve(M, g), memory)
        path.append(path[-1] - (g @ direction) / (direction @ H @ direction) * direction)
    return path


def textbook(H: np.ndarray, x: np.ndarray, steps: int, M: np.ndarray) -> list[np.ndarray]:
    """Preconditioned linear conjugate gradients, Nocedal & Wright algorithm 5.3."""
    r = H @ x
    z = np.linalg.solve(M, r)
    p, path = -z, [x]
    for _ in range(steps):
        a = (r @ z) / (p @ H @ p)
        x, r_next = x + a * p, r + a * (H @ p)
        z_next = np.linalg.solve(M, r_next)
        p, r, z = -z_next + (r_next @ z_next) / (r @ z) * p, r_next, z_next
        path.append(x)
    return path


def definite(seed: int, size: int) -> np.ndarray:
    A = np.random.default_rng(seed).standard_normal((size, size))
    return A @ A.T + np.eye(size)


@pytest.mark.parametrize("seed", range(10))
def test_on_a_quadratic_it_is_linear_conjugate_gradients(seed: int) -> None:
    H, M = definite(seed, 6), definite(seed + 100, 6)
    start = np.random.default_rng(seed).standard_normal(6)

    np.testing.assert_allclose(descend(H, start, 5, M), textbook(H, start, 5, M), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(descend(H, start, 5), textbook(H, start, 5, np.eye(6)), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("values", [[3.0], [1.0, 1e4], [1.0, 7.0, 7.5], [1.0, 10.0, 100.0, 1000.0]])
def test_it_takes_no_more_steps_than_there_are_different_eigenvalues(values: list[float]) -> None:
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((12, 12)))[0]
    H = Q @ np.diag(np.resize(values, 12)) @ Q.T
    start = rng.standard_normal(12)
    path = descend(H, start, len(values))

    assert np.linalg.norm(path[-1]) < 1e-6 * np.linalg.norm(start)
    if len(values) > 1:
        assert np.linalg.norm(path[-2]) > 1e-6 * np.linalg.norm(start)


@given(st.integers(0, 10**6))
def test_every_direction_descends_whatever_was_before(seed: int) -> None:
    rng = np.random.default_rng(seed)
    memory = {}
    for _ in range(4):  # gradients that have nothing to do with each other, as on no quadratic
        g = rng.standard_normal(5) * 10.0 ** rng.uniform(-5, 5)
        direction, memory = Conjugate().update(g, np.linalg.solve(definite(seed, 5), g), memory)
        assert g @ direction < 0


def test_update_is_pure() -> None:
    g, z = np.array([1.0, -2.0]), np.array([0.5, -1.0])
    _, memory = Conjugate().update(g, z, {})
    before = {key: np.copy(value) for key, value in memory.items()}
    first, second = (Conjugate().update(2 * g, z, memory)[0] for _ in range(2))

    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(g, [1.0, -2.0])
    assert all((memory[key] == before[key]).all() for key in before)


def test_after_a_gradient_of_zero_it_starts_again() -> None:
    _, memory = Conjugate().update(np.zeros(2), np.zeros(2), {})
    direction, _ = Conjugate().update(np.array([1.0, -2.0]), np.array([1.0, -2.0]), memory)

    np.testing.assert_array_equal(direction, [-1.0, 2.0])


# The same optimum as scikit-learn's


def problem_of(name: str) -> tuple[np.ndarray, np.ndarray]:
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    deviation = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(deviation > 0, deviation, 1), y


def named(y: np.ndarray) -> tuple[int, ...]:
    return tuple(range(int(y.max()) + 1))


def probabilities(result: Fit, X) -> np.ndarray:
    return np.exp(log_softmax(X @ result.weights + result.intercept))


def theirs(X, y, l2: float, weight=None, *, intercept: bool = True) -> np.ndarray:
    C = sklearn_c(l2, len(np.unique(y)), len(y) if weight is None else weight.sum())
    model = LogisticRegression(C=C, tol=1e-12, max_iter=50_000, solver="newton-cg", fit_intercept=intercept)
    return model.fit(X, y, sample_weight=weight).predict_proba(X)


@pytest.mark.filterwarnings("ignore:Line Search failed", "ignore:The line search algorithm")
@pytest.mark.parametrize("name", ["iris", "wine", "digits", "breast_cancer"])
@pytest.mark.parametrize("precondition", PRECONDITIONS)
def test_bundled_data(name: str, precondition: str) -> None:
    X, y = problem_of(name)
    config = TrainingSettings(tol=1e-13, l2=1e-2, precondition=precondition, epochs=5000)
    result = fit(Problem(X, y, named(y)), config)

    assert result.converged
    np.testing.assert_allclose(probabilities(result, X), theirs(X, y, 1e-2), atol=1e-6)


@pytest.mark.filterwarnings("ignore:Line Search failed", "ignore:The line search algorithm")
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("precondition", PRECONDITIONS)
def test_storage_weights_intercept_and_number_of_classes(
    sparse: bool, weighted: bool, intercept: bool, n_classes: int, precondition: str
) -> None:
    rng = np.random.default_rng(0)
    X = np.where(rng.random((120, 6)) < 0.5, rng.standard_normal((120, 6)), 0)
    y = (X[:, :n_classes] + 0.7 * rng.standard_normal((120, n_classes))).argmax(axis=1)
    weight = rng.uniform(0.1, 4, 120) if weighted else None
    config = TrainingSettings(tol=1e-14, l2=1e-2, scale="none", fit_intercept=intercept, precondition=precondition)
    A = sp.csr_array(X) if sparse else X
    result = fit(Problem(A, y, named(y), weight), config)

    np.testing.assert_allclose(probabilities(result, X), theirs(X, y, 1e-2, weight, intercept=intercept), atol=1e-6)
    # softmax ignores what is common to all classes, and the penalty leaves nothing of it
    np.testing.assert_allclose(result.state.theta.sum(axis=1), 0, atol=1e-12)


def test_soft_labels_are_rows_repeated_with_their_probabilities_as_weights() -> None:
    rng = np.random.default_rng(1)
    X, Q = rng.standard_normal((80, 3)), rng.dirichlet(np.ones(3), 80)
    result = fit(Problem(X, Q, tuple("abc")), TrainingSettings(tol=1e-14, l2=1e-2, scale="none"))
    repeated = theirs(np.repeat(X, 3, axis=0), np.tile([0, 1, 2], 80), 1e-2, Q.ravel())

    np.testing.assert_allclose(probabilities(result, X), repeated[::3], atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("precondition", PRECONDITIONS)
@pytest.mark.parametrize("name", ["iris", "digits", "breast_cancer"])
def test_the_objective_never_rises_beyond_rounding(name: str, precondition: str, dtype: str) -> None:
    X, y = problem_of(name)
    config = TrainingSettings(tol=0.0, l2=1e-4, epochs=80, dtype=dtype, precondition=precondition)
    values = np.array([row["objective"] for row in fit(Problem(X, y, named(y)), config).history])

    assert values[0] == pytest.approx(math.log(len(named(y))), rel=1e-6)
    assert (np.diff(values) <= (1e-14 if dtype == "float64" else 1e-6)).all()


def test_auto_is_conjugate_gradient_descent_and_says_so_of_its_tolerance() -> None:
    X, y = problem_of("iris")
    auto, cg = (fit(Problem(X, y, named(y)), TrainingSettings(optimizer=name)) for name in ("auto", "cg"))

    same(auto, cg)
    assert method_of(TrainingSettings()) == "cg"
    assert tol_of(TrainingSettings()) < tol_of(TrainingSettings(optimizer="gd"))
    assert auto.step_size is None


def test_sharpening_pays_where_classes_have_come_apart() -> None:
    X, y = problem_of("digits")
    config = TrainingSettings(l2=1e-4, tol=1e-6, epochs=1000)
    needed = [
        len(fit(Problem(X, y, named(y)), replace(config, precondition=kind)).history) for kind in ("whiten", "none")
    ]

    assert needed[0] < 0.6 * needed[1]


# The same again, and going on


def blobs(n_samples: int = 300, n_classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.arange(n_samples) % n_classes
    X = rng.standard_normal((n_classes, 5))[y] + rng.standard_normal((n_samples, 5))
    return X * [1.0, 1e-2, 1e2, 1.0, 3.0] + [0, 0, 50, 1, 0], y


def untimed(history: list[dict]) -> list[dict]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in history]


def same(ours: Fit, others: Fit) -> None:
    assert ours.state.theta.tobytes() == others.state.theta.tobytes()
    assert ours.weights.tobytes() == others.weights.tobytes()
    assert ours.intercept.tobytes() == others.intercept.tobytes()
    assert untimed(ours.history) == untimed(others.history)


@pytest.mark.parametrize("precondition", PRECONDITIONS)
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stop", [0, 1, 2, 3, 4, 5, 7, 8, 9, 11])
def test_resuming_is_the_same_as_never_having_stopped(
    precondition: str, sparse: bool, dtype: str, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # sharpened after 2, 4, 8 steps, logits refreshed after 5 and 10
    monkeypatch.setattr(line_descent, "sharpening_cost", lambda design, n_classes: 2.0)
    monkeypatch.setattr(line_descent, "REFRESH", 5)
    X, y = blobs()
    problem = Problem(sp.csr_array(X) if sparse else X, y, tuple("abc"), np.linspace(0.5, 2, len(y)))
    config = TrainingSettings(epochs=14, tol=0.0, l2=1e-3, precondition=precondition, dtype=dtype, scale="standard")
    at_once = fit(problem, config)
    early = fit(problem, config, observe=lambda row: "stop" if row["epoch"] == stop else None)
    resumed = fit(problem, config, resume=early)

    assert resumed.state.theta.tobytes() == at_once.state.theta.tobytes()
    assert untimed(early.history + resumed.history[1:]) == untimed(at_once.history)
    assert resumed.history[0]["epoch"] == stop
    for key, value in at_once.state.memory.items():
        np.testing.assert_array_equal(resumed.state.memory[key], value)


@pytest.mark.parametrize("precondition", PRECONDITIONS)
@pytest.mark.parametrize("sparse", [False, True])
def test_any_number_of_threads_gives_the_same_bits(
    precondition: str, sparse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(design_module, "BLOCK_ROWS", 64)
    X, y = blobs(3000)
    problem = Problem(sp.csr_array(X) if sparse else X, y, tuple("abc"), np.linspace(0.5, 2, len(y)))
    one, *others = (
        fit(problem, TrainingSettings(precondition=precondition, threads=threads, scale="standard", epochs=25))
        for threads in (1, 2, 3)
    )

    for other in others:
        same(one, other)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_the_same_optimum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # with rows drawn for the whitening, the seed decides which
    monkeypatch.setattr("softreg.geometry.whitening.shared_rows", lambda design, n_classes: 40)
    monkeypatch.setattr("softreg.geometry.whitening.class_rows", lambda design: 40)
    X, y = blobs()
    ours, again, other = (
        fit(Problem(X, y, tuple("abc")), TrainingSettings(seed=seed, tol=1e-13, l2=1e-2)) for seed in (1, 1, 2)
    )

    same(ours, again)
    assert (ours.weights != other.weights).any()
    assert ours.objective == pytest.approx(other.objective, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(PRECONDITIONS), st.booleans())
def test_integer_weights_are_repeated_rows(seed: int, precondition: str, sparse: bool) -> None:
    X, y = blobs(60, seed=seed)
    times = np.random.default_rng(seed).integers(1, 4, len(y))
    again = np.repeat(np.arange(len(y)), times)
    config = TrainingSettings(l2=1e-2, epochs=8, tol=0.0, precondition=precondition, scale="standard")
    A, B = (sp.csr_array(M) if sparse else M for M in (X, X[again]))
    ours, others = fit(Problem(A, y, tuple("abc"), times), config), fit(Problem(B, y[again], tuple("abc")), config)

    # the very same path, not the optimum alone
    np.testing.assert_allclose(
        [row["objective"] for row in ours.history], [row["objective"] for row in others.history], rtol=1e-9
    )
    unit = abs(others.weights).max(axis=1, keepdims=True)
    np.testing.assert_allclose(ours.weights / unit, others.weights / unit, atol=1e-5)


# Stopping


def test_it_stops_where_the_gradient_proves_the_objective_near_its_least() -> None:
    X, y = blobs()
    result = fit(Problem(X, y, tuple("abc")), TrainingSettings(l2=1e-2, tol=1e-6))
    bounds = [row["grad_norm"] ** 2 / (2 * 1e-2) for row in result.history]
    best = fit(Problem(X, y, tuple("abc")), TrainingSettings(l2=1e-2, tol=1e-15)).objective

    assert result.converged
    assert "gradient" in result.stopped_because
    assert bounds[-1] <= 1e-6 < min(bounds[:-1])
    assert result.objective - best <= 1e-6


def test_it_stops_where_ten_steps_gain_no_more() -> None:
    X, y = blobs()
    result = fit(Problem(X, y, tuple("abc")), TrainingSettings(l2=1e-10, tol=1e-7, precondition="none"))
    values = [row["objective"] for row in result.history]

    assert result.converged
    assert "last ten steps" in result.stopped_because
    assert values[-11] - values[-1] < 1e-7
    assert all(a - b >= 1e-7 for a, b in zip(values[:-11], values[10:], strict=False))


def test_it_stops_at_the_number_of_epochs() -> None:
    X, y = blobs()
    result = fit(Problem(X, y, tuple("abc")), TrainingSettings(epochs=3))

    assert len(result.history) == 4
    assert result.stopped_because == "3 epochs are over"
    assert not result.converged


@pytest.mark.parametrize("optimizer", ["cg", "gd", "sgd"])
def test_it_stops_when_the_time_is_over(optimizer: str) -> None:
    X, y = blobs()
    config = TrainingSettings(optimizer=optimizer, time_limit=1e-9, tol=0.0, l2=1e-9)
    result = fit(Problem(X, y, tuple("abc")), config)

    assert "seconds are over" in result.stopped_because
    assert not result.converged
    assert len(result.history) <= 2


def test_it_stops_early_and_keeps_the_lowest_validation_cross_entropy() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.standard_normal((60, 40)), rng.integers(2, size=60)  # nothing to learn
    held = rng.standard_normal((60, 40)), rng.integers(2, size=60)
    config = TrainingSettings(epochs=400, early_stopping=True, patience=5, l2=1e-6, tol=0.0)
    result = fit(Problem(X, y, ("a", "b"), held_out={"val": held}), config)
    values = [row["val_cross_entropy"] for row in result.history]
    best = int(np.argmin(values))

    assert result.converged
    assert len(values) - 1 == best + 5
    assert result.state.epoch == best


@pytest.mark.parametrize("precondition", PRECONDITIONS)
@pytest.mark.parametrize("scale", ["standard", "none"])
@pytest.mark.parametrize("tol", [1e-5, 0.0])
@pytest.mark.parametrize("margin", [1e-3, 1.0, 1e3])
def test_separable_classes_without_penalty_end_quietly(
    precondition: str, scale: str, tol: float, margin: float
) -> None:
    X = margin * np.array([[-2.0], [-1.0], [1.0], [2.0]])
    config = TrainingSettings(l2=0.0, epochs=60, precondition=precondition, scale=scale, tol=tol)
    result = fit(Problem(X, np.array([0, 0, 1, 1]), ("a", "b")), config)

    assert np.isfinite(result.weights).all()
    assert not result.diverged
    assert result.objective < 1e-4
    # no further than numbers can tell: an exponential of -1000 is zero
    assert abs(X @ result.weights).max() < 1e4


def test_iris_without_penalty_ends_quietly() -> None:
    X, y = problem_of("iris")
    result = fit(Problem(X, y, named(y)), TrainingSettings(l2=0.0, epochs=300))

    assert np.isfinite(result.weights).all()
    assert not result.diverged
    assert result.objective < 0.05


# The textbook methods in the same coordinates


@pytest.mark.parametrize("optimizer", ["gd", "momentum", "nesterov"])
@pytest.mark.parametrize("precondition", ["diagonal", "whiten"])
def test_preconditioned_textbook_methods_end_at_the_same_optimum(optimizer: str, precondition: str) -> None:
    X, y = blobs()
    problem = Problem(X, y, tuple("abc"))
    config = TrainingSettings(optimizer=optimizer, precondition=precondition, l2=1e-2, tol=1e-9, epochs=20_000)
    ours = fit(problem, config)
    best = fit(problem, TrainingSettings(l2=1e-2, tol=1e-15))

    assert ours.converged
    np.testing.assert_allclose(probabilities(ours, X), probabilities(best, X), atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["diagonal", "whiten"]),
    st.sampled_from([0.0, 1e-4, 1.0]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["none", "standard"]),
)
def test_the_safe_step_never_raises_the_objective(
    seed: int, precondition: str, l2: float, intercept: bool, sparse: bool, scale: str
) -> None:
    X, y = blobs(60, seed=seed)
    weight = np.random.default_rng(seed).uniform(0.1, 3, 60)
    config = TrainingSettings(
        optimizer="gd", precondition=precondition, l2=l2, epochs=30, tol=0.0, fit_intercept=intercept, scale=scale
    )
    result = fit(Problem(sp.csr_array(X) if sparse else X, y, tuple("abc"), weight), config)
    values = np.array([row["objective"] for row in result.history])

    assert values[-1] < values[0]
    assert (np.diff(values) <= 1e-14).all()


def test_whitening_makes_gradient_descent_fast() -> None:
    X, y = blobs()
    best = fit(Problem(X, y, tuple("abc")), TrainingSettings(l2=1e-2, tol=1e-14, scale="none")).objective
    needed = {}
    for precondition in PRECONDITIONS:
        config = TrainingSettings(
            optimizer="gd", precondition=precondition, l2=1e-2, tol=0.0, epochs=2000, scale="none"
        )
        result = fit(
            Problem(X, y, tuple("abc")),
            config,
            observe=lambda row: "near enough" if row["objective"] < best + 1e-2 else None,
        )
        needed[precondition] = result.state.epoch

    assert needed["whiten"] < 0.2 * needed["none"]
    assert needed["whiten"] < needed["diagonal"] < needed["none"]


# Bad input


def columns(rng: np.random.Generator, n: int, kinds: list[str]) -> np.ndarray:
    base = rng.standard_normal(n)
    makers = {
        "noise": lambda: rng.standard_normal(n),
        "constant": lambda: np.full(n, -7.3),
        "zero": lambda: np.zeros(n),
        "duplicate": lambda: base,
        "collinear": lambda: 3 * base - 2,
        "tiny": lambda: 1e-8 * rng.standard_normal(n),
        "huge": lambda: 1e8 * rng.standard_normal(n),
        "far": lambda: 1e6 + rng.standard_normal(n),
        "enormous": lambda: 1e150 * rng.standard_normal(n),
        "denormal": lambda: 1e-310 * rng.standard_normal(n),
    }
    return np.column_stack([makers[kind]() for kind in kinds])


KINDS = ["noise", "constant", "zero", "duplicate", "collinear", "tiny", "huge", "far", "enormous", "denormal"]


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.sampled_from([2, 3, 8, 50]),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=9),
    K=st.sampled_from([2, 3]),
    scale=st.sampled_from(["auto", "standard", "unit", "none"]),
    l2=st.sampled_from([0.0, 1e-4, 1.0]),
    weights=st.sampled_from(["none", "some zero", "huge", "wild"]),
    repeated=st.booleans(),
    sparse=st.booleans(),
    intercept=st.booleans(),
    precondition=st.sampled_from(["auto", "auto", "whiten", "diagonal"]),
)
def test_whatever_comes_ends_in_a_right_answer_or_in_words(
    seed, n, kinds, K, scale, l2, weights, repeated, sparse, intercept, precondition
) -> None:
    rng = np.random.default_rng(seed)
    K = min(K, n)
    y = np.r_[np.arange(K), rng.integers(K, size=n - K)]
    X = columns(rng, n, kinds)
    if repeated:
        X, y = np.repeat(X, 3, axis=0), np.repeat(y, 3)
    weight = {
        "none": np.ones(len(y)),
        "some zero": np.r_[np.ones(K * (3 if repeated else 1)), rng.integers(0, 2, len(y))[: len(y)]][: len(y)],
        "huge": np.full(len(y), 1e200),
        "wild": 10.0 ** rng.uniform(-6, 6, len(y)),
    }[weights]
    config = TrainingSettings(
        l2=l2, scale=scale, fit_intercept=intercept, precondition=precondition, epochs=300, tol=1e-9
    )
    problem = Problem(sp.csr_array(X) if sparse else X, y, tuple(range(K)), weight)
    try:
        result = fit(problem, config, proved=True)
    except DataError as error:
        assert "enormous" in kinds, error
        return
    raw = X @ result.weights + result.intercept

    assert not result.diverged, result.stopped_because
    assert np.isfinite(result.weights).all()
    assert np.isfinite(result.intercept).all()
    assert result.objective <= math.log(K) * (1 + 1e-9)
    assert result.certificate is not None
    if "enormous" not in kinds:
        assert np.isfinite(raw).all()
        if l2 == 1.0 and precondition == "auto" and not sparse:
            assert result.certificate.gap_lower is not None
            assert result.certificate.gap_lower <= 1e-6
            if intercept and scale != "none":
                # centred and scaled, so that the gradient is more than the rounding of its own terms. No objective is
                # below 0: where it is next to nothing itself, nothing else need be proved
                gap = result.objective if result.certificate.gap_upper is None else result.certificate.gap_upper
                assert gap <= 1e-6


def test_a_step_that_would_raise_the_objective_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """On features of 1e8 that are not scaled, the slopes along a line can be roundings, and the step any number."""
    X, y = datasets.load_iris(return_X_y=True)
    true_step, calls = line_descent.Line.exact_step, []

    def astray(self: line_descent.Line, *asked: float, **named: float) -> float:
        calls.append(1)
        return 1e12 if len(calls) == 3 else true_step(self, *asked, **named)

    monkeypatch.setattr(line_descent.Line, "exact_step", astray)
    config = TrainingSettings(l2=1e-2, tol=1e-9)
    result = fit(Problem(X, y, (0, 1, 2)), config)
    monkeypatch.undo()

    values = [row["objective"] for row in result.history]
    assert result.history[3]["step"] == 0
    assert values[3] == pytest.approx(values[2], rel=1e-14)
    assert result.converged
    assert result.objective == pytest.approx(fit(Problem(X, y, (0, 1, 2)), config).objective, abs=1e-9)


def test_a_thousand_classes() -> None:
    rng = np.random.default_rng(0)
    y = np.r_[np.arange(1000), rng.integers(1000, size=1000)]
    X = rng.standard_normal((1000, 4))[y] + 0.1 * rng.standard_normal((2000, 4))
    result = fit(Problem(X, y, tuple(range(1000))), TrainingSettings(l2=1e-3, tol=1e-8), proved=True)

    assert result.converged
    assert result.certificate is not None
    assert result.certificate.gap_upper is not None
    assert result.certificate.gap_upper <= 1e-6


def test_fewer_rows_than_features() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 300)), np.arange(20) % 2
    result = fit(Problem(X, y, ("a", "b")), TrainingSettings(l2=0.1, tol=1e-12, scale="none"))

    assert result.converged
    np.testing.assert_allclose(probabilities(result, X), theirs(X, y, 0.1), atol=1e-6)


def test_without_features_the_best_model_is_the_share_of_each_class() -> None:
    y = np.repeat([0, 1, 2], [70, 20, 10])
    for weight, share in ((None, [0.7, 0.2, 0.1]), (np.array([1.0, 2.0, 5.0])[y], [0.4375, 0.25, 0.3125])):
        result = fit(Problem(np.zeros((100, 2)), y, tuple("abc"), weight), TrainingSettings(tol=1e-15))
        np.testing.assert_allclose(np.exp(log_softmax(result.intercept)), share, atol=1e-7)


def test_the_certificate_of_a_fit_is_that_of_its_theta() -> None:
    X, y = blobs()
    result = fit(Problem(X, y, tuple("abc")), TrainingSettings(l2=1e-2), proved=True)
    J = Objective(DesignMatrix(X, result.scaling), y, n_classes=3, l2=1e-2)

    assert certify(J, result.state.theta) == result.certificate
