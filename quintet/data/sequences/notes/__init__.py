"""Music as notes: MIDI files as tokens, and tokens as MIDI files, by the package Mido."""
