"""Vocabularies of byte pairs (Sennrich et al., 2016), trained and applied by the package tokenizers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from quintet.data.sequences.text.learning import ascending
from quintet.data.sequences.text.vocabulary import Split, to_bytes
from quintet.extras import extra

Merge = tuple[str, str]
WORD = " ?[^ ]+| +"
"""What pairs are merged within: a word with the space before it."""
USE = "A vocabulary of byte pairs"


def learnt(lines: Sequence[str], size: int) -> tuple[tuple[str, ...], tuple[Merge, ...]]:
    """At most ``size`` pieces, strings of bytes written as characters 0 to 255, and the merges that make them."""
    with extra("text", USE):
        from tokenizers import Tokenizer, models, trainers
    texts = [to_bytes(line).decode("latin-1") for line in lines]
    alphabet = sorted(set().union(*texts))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _words()
    trainer = trainers.BpeTrainer(
        vocab_size=max(size, len(alphabet)), initial_alphabet=alphabet, show_progress=False, min_frequency=2
    )
    tokenizer.train_from_iterator(texts, trainer)
    found = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)
    merges = merges_of(found, tokenizer)
    counts = Counter(dict.fromkeys(found, 0))
    for encoded in tokenizer.encode_batch(texts):
        counts.update(encoded.tokens)
    return ascending(counts), merges


def merges_of(pieces: Sequence[str], tokenizer: Any) -> tuple[Merge, ...]:
    """The pairs that were merged, in order."""
    import json

    stored = json.loads(tokenizer.to_str())["model"]["merges"]
    return tuple((first, second) for first, second in (m if isinstance(m, list) else m.split(" ") for m in stored))


def splitting(pieces: Sequence[str], merges: Sequence[Merge]) -> Split:
    """The function that splits a string of bytes into pieces; bytes that are in no piece stay single."""
    with extra("text", USE):
        from tokenizers import Tokenizer, models
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, list(merges)))
    tokenizer.pre_tokenizer = _words()
    own = re.escape("".join(piece for piece in pieces if len(piece) == 1))
    runs = re.compile(f"[{own}]+|.", re.DOTALL) if own else re.compile(".", re.DOTALL)

    def split(text: str) -> list[str]:
        found = list[str]()
        for run in runs.findall(text):
            found += tokenizer.encode(run).tokens or [run]
        return found

    return split


def _words() -> Any:
    with extra("text", USE):
        from tokenizers import Regex, pre_tokenizers

    return pre_tokenizers.Split(Regex(WORD), behavior="isolated")
