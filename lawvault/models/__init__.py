"""Embedding models: load, encode fast, fingerprint.  Call `encoder.build_encoder`."""
