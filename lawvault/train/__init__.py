"""④ Triplets -> a fine-tuned model.  Call `on_ray.train`."""
