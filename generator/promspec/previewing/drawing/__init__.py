"""previewing.drawing: panels as SVG whose text keeps its size: places are percentages, only the curves stretch."""
