"""Training from a folder of pictures as one command: `python -m course_utils.train FOLDER --size 32 --out mymodel`.

由一个图片文件夹训练，只需一条命令：`python -m course_utils.train FOLDER --size 32 --out mymodel`。

It is lesson 6's `train` with arguments: what is found, what is planned, the run that may be stopped at any time, and
what it leaves behind.
"""
