"""The parts of ``Text``: lines as rows of its model, and the answers for lines."""
