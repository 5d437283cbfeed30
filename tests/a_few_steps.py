"""Added to a lesson's set-up cell where its networks are not on trial: trainings stop early, networks answer 0.

加在一课的准备格之后，用于不考察网络的运行：训练几步就停，网络一律答 0。

In `python -m pytest` lessons run like this, since the numbers that are asserted were found by the build, at length
(tools/facts.py). A lesson whose code has changed since then runs at length, solved; under `-m full` all do, blank ones
too. Lessons under old versions always run like this. No reader meets this file.
"""


def _few(few: int = 4, short: int = 30) -> None:
    """Cut to `few` steps every training that is longer than `short`; a page may count the steps of a short one.

    Of a game 40 are played, so that there are as many moments as of the one that is kept. Figures of questions are not
    drawn.
    """
    from dataclasses import replace
    from functools import wraps

    from course_utils import denoisers, training

    whole = training.train

    @wraps(whole)  # so that a lesson that shows its source shows the package's
    def train(state, schedule, x0, steps, *rest, **more):
        return whole(state, schedule, x0, steps if steps <= short else few, *rest, **more)

    training.train = train
    denoisers.from_network = lambda schedule, network, labels=None: lambda xt, t: 0 * xt

    from course_utils import quizzes  # now, so that what they import is what stands above
    from course_utils.experiments import networks, ring_games
    from course_utils.plots import Picture
    from course_utils.train import command

    pile = networks.pile_losses

    @wraps(pile)
    def pile_losses(short_cuts):
        return pile(short_cuts, steps=few)

    networks.pile_losses, ring_games.FILMED = pile_losses, 40

    asked_for = command.asked_for  # a run that is cut has none of the checks that are handed over: a short one has
    command.asked_for = lambda words: replace(asked_for(words), steps=20, minutes=None)

    quizzes.Prediction.picture = Picture(b"", "none", "无")  # test_exercises.py draws the figure of each question


_few()
del _few
