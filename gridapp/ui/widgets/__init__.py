"""Small widgets, all alike: what a page is put together from."""
