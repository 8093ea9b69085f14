"""Objectives: functions of a model's output for a batch, in nats per row."""
