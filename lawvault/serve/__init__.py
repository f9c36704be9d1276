"""⑧ serve: model, data pack -> HTTP (embeddings, search, a page).  Call `on_ray.serve`."""
