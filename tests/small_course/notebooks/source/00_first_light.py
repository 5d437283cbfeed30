# ---
# jupyter:
#   jupytext:
#     cell_markers: 'r"""'
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   course:
#     minutes: 1.5
#     learning: 4
# ---

# %% [markdown] key="head"
r"""
# 00 · First light · 第一缕光
"""

# %% key="setup"

# %% [markdown] key="rows" lang="en"
r"""
See [the glossary](GLOSSARY.md), [lesson 1](01_next.ipynb) and `a[b](c)`: $x_0$ has 4 rows.
"""

# %% [markdown] key="rows" lang="zh" of="5d9a7c"
r"""
见[术语表](GLOSSARY.md)、[第 1 课](01_next.ipynb)与 `a[b](c)`：$x_0$ 有 4 行。
"""

# %% [markdown] key="look"
r"""
## 1 · Look · 看

![rows of light](../images/rows.png)
"""

# %% key="words" tags=["nbval-check-output"]
# ruff: noqa: B018, E402
from IPython.display import display


def check(exercise_id, answer):
    return answer  # the toy's own, which says nothing


words = {"text/plain": "four\n\n四", "text/markdown": "four\n\n四"}
about = {"en": "four", "zh": "四", "stored": True}
display(words, raw=True, metadata={"course": about})
display(words, raw=True, metadata={"course": about | {"stored": False}})

# %% key="slider"
import base64
import io

import ipywidgets
from PIL import Image

png = io.BytesIO()
Image.new("L", (8, 8), 128).save(png, "png")
still = {"image/png": base64.b64encode(png.getvalue()).decode(), "text/plain": "a slider"}
slider = ipywidgets.IntSlider()
widget = slider._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]
display(still | {"application/vnd.jupyter.widget-view+json": widget}, raw=True, metadata={"course": about})
slider


# %% key="double" tags=["exercise"]
def double(x):
    ...


double = check("00.double", double)
print("a", flush=True)
print("b")
double(2)
