"""`python -m course_utils.train`, or `accelerate launch -m course_utils.train` for several processes.

`python -m course_utils.train`；若要几个进程，则用 `accelerate launch -m course_utils.train`。
"""

import sys

from course_utils.train.command import run_command

if __name__ == "__main__":
    sys.exit(run_command(sys.argv[1:]))
