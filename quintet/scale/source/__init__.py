"""Sources of bulk answers: the files of a folder, a glob or a URL, and their rows from any place to another."""
