"""The tabs of a household file: one file each."""
