"""Train: from the name of some data to a run folder; and from an unfinished run to a finished one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from softreg import data, runs
from softreg.runs import Run
from softreg.settings import needs_validation
from softreg.training import Row, StepSize
from softreg.workflows.calibrating import refuse_calibration
from softreg.workflows.first_weights import first_weights
from softreg.workflows.material import material
from softreg.workflows.penalty import penalised
from softreg.workflows.record import TrainResult, config_of
from softreg.workflows.request import TrainRequest, refuse_idle, refuse_sizes
from softreg.workflows.trained import Training, Watch, trained

__all__ = ["train"]


def train(
    request: TrainRequest,
    *,
    announce: Callable[[StepSize | None], None] | None = None,
    observe: Callable[[Row], str | None] | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    fitted: Callable[[], None] | None = None,
) -> TrainResult:
    """Load, split, prepare, choose l2, fit, calibrate, measure, and write a run folder.

    Before the fit has ended nothing is written but checkpoints; a diverged fit is written too, with its best weights. A
    run that was there before stays what it is until the new one is complete. The callables are
    those of :class:`Watch`.
    """
    refuse_idle(request)
    with runs.reserved(request.out, request.overwrite) as create:
        dataset = data.load(request.data, request.source, request.split, fill_home=request.fill_home)
        refuse_sizes(request, dataset)
        needs_val = needs_validation(request.training.early_stopping, request.calibration.calibrate)
        ready = material(dataset, request.source, request.split, needs_val=needs_val)
        refuse_calibration(ready, request.calibration)
        start = first_weights(request.init_from, ready) if request.init_from else None
        settings, path = penalised(ready, request, progress)

        def begun() -> Run:
            run = create(Path(ready.dataset.name).stem or "run")
            run.write_toml(config_of(request, ready.dataset))
            return run

        what = Training(ready, request, settings, path)
        return trained(what, begun, Watch(announce, observe, progress, fitted), start=start)
