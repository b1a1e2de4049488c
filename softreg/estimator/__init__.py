"""The estimator: the same training behind scikit-learn's interface.

``parameters`` checks what an estimator was given, and tells it as the settings of training; ``targets`` what it is to
learn; ``classifier`` is the class.
"""

from softreg.estimator.classifier import SoftmaxRegression

__all__ = ["SoftmaxRegression"]
