"""Interactive figures; plotly is loaded when the first one is drawn."""
