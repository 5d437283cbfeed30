"""What the toy comes to. 小课程得出的数。"""

facts = {"a third": 1 / 3, "largest": slider.max}
