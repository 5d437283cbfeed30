"""Experiments: what a lesson measures or trains, one module per subject; no drawing, no judging, no texts.

实验：各课测量或训练的东西，每个主题一个模块；不画图，不评判，没有题面。
"""
