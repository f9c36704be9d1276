"""The search agent: question -> plan -> search -> judge -> report whose citations were checked."""
