"""The codec: arithmetic with the same bits on every machine, entropy coding, and the container format.

It knows no model and no schema: models reach it as cdfs, parameters of normals and the eight bytes of their names.
"""
