"""Applications of Ray Serve as each other see them: how one is made, how one calls another."""
