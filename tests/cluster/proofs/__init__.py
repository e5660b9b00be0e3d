"""Runs the parts of deep/ and keeps in proofs.lock which have passed, and with what.

A part is fresh as long as nothing has changed that its run used. What watches a run is in here, and
no part of it.
"""
