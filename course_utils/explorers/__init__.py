"""The lessons' own widgets, one module per subject: sliders over schedules, steps, bells and points.

各课自己的控件，每个主题一个模块：调度、步、钟形曲线与点上的滑块。
"""
