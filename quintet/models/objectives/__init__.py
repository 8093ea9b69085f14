"""Objectives: functions of what a model gives for a batch, in nats per row."""
