"""Added to a lesson's set-up cell where its networks are not on trial: trainings stop early, networks answer 0.

加在一课的准备格之后，用于不考察网络的运行：训练几步就停，网络一律答 0。

In `python -m pytest` lessons run like this, since the numbers that are asserted were found by the build, at length
(tools/facts.py). A lesson whose code has changed since then runs at length, solved; under `-m full` all do, blank ones
too. Lessons under old versions always run like this. No reader meets this file.
"""


def _few(most: int = 30) -> None:
    from functools import wraps

    from course_utils import denoisers, training

    whole = training.train

    @wraps(whole)  # so that a lesson that shows its source shows the package's
    def train(state, schedule, x0, steps, *rest, **more):
        return whole(state, schedule, x0, min(steps, most), *rest, **more)

    training.train = train
    denoisers.from_network = lambda schedule, network, labels=None: lambda xt, t: 0 * xt


_few()
del _few
