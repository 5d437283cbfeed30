"""Write a list of numbers as a formula: the powers of known numbers whose product they are.

把一列数写成公式：它们是哪些已知数的幂之积。
"""

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations

import torch
from torch import Tensor

Numbers = dict[str, float]
PIS = {"π": math.pi, "2 π": 2 * math.pi, "π / 2": math.pi / 2, "π / 180": math.pi / 180, "1 / π": 1 / math.pi}
ROOT = re.compile(r"√\([^()]*\)")
POWERS = {0.5: "√{}", 1.0: "{}", 2.0: "{}²", 0.25: "√√{}", 1.5: "{}√{}", 3.0: "{}³", 4.0: "{}⁴"}


def formula_of(values: Tensor, numbers: Sequence[Numbers]) -> str | None:
    """The formula in the given symbols that has these values, such as "−β_t / √(1 − ᾱ_t)"; None if none is found.

    用给定符号写出取这些值的公式，例如 "−β_t / √(1 − ᾱ_t)"；找不到则为 None。

    Shapes: values (n,), one for each entry of numbers.
    """
    values = values.double()
    if not bool(values.isfinite().all()):
        return None
    if float(values.abs().max()) < 1e-9:
        return "0"
    sign = torch.sign(values[0])
    if not bool((torch.sign(values) == sign).all()):
        return None
    wanted, known = values.abs().log(), {name: torch.tensor([n[name] for n in numbers]).double() for name in numbers[0]}
    for more in ({}, _sums(known)):
        found = _product(wanted, known, more)
        if found is not None:
            return ("−" if sign < 0 else "") + found
    return None


def _sums(known: dict[str, Tensor]) -> dict[str, Tensor]:
    """1 ± and differences of the roots and the numbers themselves: where somebody forgets a root or a bracket."""
    simple = {"1": torch.ones(len(next(iter(known.values())))).double()}
    for name, value in list(known.items())[:9]:
        simple |= {name: value, f"√{_bracketed(name)}": value.sqrt(), f"{_bracketed(name)}²": value.square()}
    sums = {}
    for (one, a), (other, b) in combinations(simple.items(), 2):
        sums[f"{one} + {other}"] = a + b
        if bool((a > b).all()):
            sums[f"{one} − {_bracketed(other)}"] = a - b
        elif bool((b > a).all()):
            sums[f"{other} − {_bracketed(one)}"] = b - a
    return sums


def _product(wanted: Tensor, known: dict[str, Tensor], more: dict[str, Tensor]) -> str | None:
    """The product of powers of at most four of the known numbers, one of `more` among them if there are any."""
    usable = {
        name: x.log() for name, x in (known | more).items() if bool((x > 0).all() and (x.log().abs() > 1e-12).any())
    }
    if not usable:
        return None
    place = {name: i for i, name in enumerate(usable)}
    logs = torch.stack(list(usable.values()))
    plain = [place[name] for name in known if name in usable]
    extra = [place[name] for name in more if name in usable]
    for size in range(5 if not more else 2):
        sets = (
            combinations(plain, size) if not more else ((e, *rest) for e in extra for rest in combinations(plain, size))
        )
        chosen = list(sets)
        found = (
            _powers(wanted, logs, torch.tensor(chosen, dtype=torch.long).reshape(len(chosen), -1 if chosen[0] else 0))
            if chosen
            else None
        )
        if found is not None:
            chosen, powers, scale = found
            return _written([list(usable)[i] for i in chosen], powers, scale)
    return None


def _powers(wanted: Tensor, logs: Tensor, sets: Tensor) -> tuple[list[int], list[float], float] | None:
    """The first set of numbers whose product, with powers of a quarter and a simple factor, is what is wanted."""
    n = len(wanted)
    columns = torch.cat([logs[sets].transpose(1, 2), torch.ones(len(sets), n, 1).double()], 2)  # (sets, n, size + 1)
    fitted = torch.linalg.lstsq(columns, wanted[None, :, None].expand(len(sets), n, 1)).solution
    powers = (fitted[:, :-1] * 4).round() / 4
    rest = wanted[None] - (columns[..., :-1] @ powers)[..., 0]
    scale = rest.mean(1).exp()
    simple = torch.tensor([_nearest_simple(s) for s in scale.nan_to_num(0, 0, 0).tolist()]).double()
    fits = ((rest - simple.log()[:, None]).abs().amax(1) < 1e-4) & (powers[..., 0].abs() > 0).all(1)
    for i in fits.nonzero().flatten().tolist():
        return sets[i].tolist(), powers[i, :, 0].tolist(), float(simple[i])
    return None


@cache
def _simple() -> tuple[float, ...]:
    whole = [1.0, 2.0, 3.0, 4.0, 8.0, 10.0]
    return tuple(sorted({*whole, *(1 / k for k in whole), 2**0.5, 2**-0.5, 2 / 3, 3 / 2, 4 / 3, 3 / 4, *PIS.values()}))


def _nearest_simple(value: float) -> float:
    return min(_simple(), key=lambda s: abs(s - value))


def _bracketed(name: str) -> str:
    return f"({name})" if " " in name and not ROOT.fullmatch(name) else name


def _written(names: list[str], powers: list[float], scale: float) -> str:
    above, below = [], []
    for name, power in zip(names, powers, strict=True):
        pattern = POWERS.get(abs(power), "{}^" + f"{abs(power):g}")
        (above if power > 0 else below).append(pattern.replace("{}", _bracketed(name)))
    for name, value in PIS.items():
        if abs(scale / value - 1) < 1e-9:
            return f"{name} · {_written(names, powers, 1.0)}"
    exact = Fraction(scale).limit_denominator(12)
    if abs(float(exact) - scale) < 1e-9:
        over, under = str(exact.numerator), str(exact.denominator)
    else:
        square = Fraction(scale**2).limit_denominator(12)
        over, under = (f"√{n}" if n > 1 else "1" for n in (square.numerator, square.denominator))
    for factor, side in ((over, above), (under, below)):
        if factor != "1":
            side.insert(0, factor)
    top = " ".join(above) or "1"
    return top if not below else f"{top} / {below[0]}" if len(below) == 1 else f"{top} / ({' '.join(below)})"
