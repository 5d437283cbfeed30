"""Hand a network on in the formats that others use: a pipeline of `diffusers`, and ONNX.

把网络交到别人手里：`diffusers` 的 pipeline，以及 ONNX，都是通用的格式。
"""

from course_utils.export.libraries import MissingLibrary, library
from course_utils.export.to_diffusers import export_diffusers
from course_utils.export.to_onnx import export_onnx, read_onnx

__all__ = ["MissingLibrary", "export_diffusers", "export_onnx", "library", "read_onnx"]
