"""Gates: one for each kind of input. It hands on what it lets through, or says what was given and what to do.

关口：每一类输入一个。合格的交还给调用者，不合格的说明给了什么、该怎么办。
"""

from course_utils.gates.arguments import (
    check_among,
    check_callable,
    check_device,
    check_flag,
    check_kind,
    check_named,
    check_path,
    check_takes,
)
from course_utils.gates.features import check_coefficients, check_heads, check_map, check_pair, check_rows
from course_utils.gates.measurements import check_mask, check_measurement
from course_utils.gates.numbers import (
    MANY,
    WIDE,
    check_multiple,
    check_number,
    check_numbers,
    check_seed,
    check_sizes,
    check_whole,
    check_wholes,
)
from course_utils.gates.tensors import (
    check_alike,
    check_answer,
    check_bytes,
    check_finite,
    check_images,
    check_labels,
    check_log_snr,
    check_points,
    check_ready,
    check_samples,
)
from course_utils.gates.words import check_listed, check_same_names, check_word

__all__ = [
    "MANY",
    "WIDE",
    "check_alike",
    "check_among",
    "check_answer",
    "check_callable",
    "check_coefficients",
    "check_device",
    "check_bytes",
    "check_finite",
    "check_flag",
    "check_heads",
    "check_images",
    "check_kind",
    "check_labels",
    "check_listed",
    "check_log_snr",
    "check_map",
    "check_mask",
    "check_measurement",
    "check_multiple",
    "check_named",
    "check_number",
    "check_numbers",
    "check_pair",
    "check_path",
    "check_points",
    "check_ready",
    "check_rows",
    "check_same_names",
    "check_samples",
    "check_seed",
    "check_sizes",
    "check_takes",
    "check_whole",
    "check_wholes",
    "check_word",
]
