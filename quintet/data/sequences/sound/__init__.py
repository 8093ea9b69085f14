"""Sound: recordings from WAV, FLAC and OGG files, cut into frames and spectrograms, and written again."""
