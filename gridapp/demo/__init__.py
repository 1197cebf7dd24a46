"""The demo: invented district, invented people, the main job end to end."""
