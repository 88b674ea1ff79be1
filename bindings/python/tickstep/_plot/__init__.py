"""Interactive figures; plotly is loaded when the first one is drawn.

Classes import their figures when they are asked for one, figures name classes in their types
alone, so that nothing is imported in a circle.
"""
