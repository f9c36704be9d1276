"""⑦ Model, report, data pack -> a release folder.  Call `stage.export`."""
