"""The methods of a fitted VAE, written as functions: one file a question; ``estimators/answers.py`` lists them."""
