"""The questions of lesson 08, Guidance and inpainting.

第 08 课“条件、引导与修补”的题目。
"""

QUESTIONS = {}
