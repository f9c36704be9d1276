"""Embedding models: load, encode fast, fingerprint.  `encoder.build_encoder` turns a config to one."""
