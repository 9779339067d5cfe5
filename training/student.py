"""The student: the teacher's first layers and the Chinese part of its vocabulary, one linear head for all labels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from speechaudit.classifiers.labeller import BEFORE, Row, row
from training.teacher import Teacher
from training.vocabulary import SPECIAL, tokenizer

POSITIONS = 64
_PADDING = 1


def bert(teacher: Teacher, ids: Sequence[int], layers: Sequence[int], positions: int, dropout: float) -> BertModel:
    """A BertModel of the teacher's `layers` and of the rows `ids` of its vocabulary."""
    config = BertConfig(
        vocab_size=len(ids),
        hidden_size=teacher.hidden,
        num_hidden_layers=len(layers),
        num_attention_heads=teacher.heads,
        intermediate_size=teacher.inner,
        max_position_embeddings=positions,
        layer_norm_eps=teacher.eps,
        hidden_act="gelu_pytorch_tanh",
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(_chosen(teacher, ids, layers, positions))
    return model


def _chosen(teacher: Teacher, ids: Sequence[int], layers: Sequence[int], positions: int) -> dict[str, Tensor]:
    chosen = {name: value for name, value in teacher.tensors.items() if name.startswith("embeddings.")}
    for name in ("word_embeddings", "position_embeddings"):
        rows = ids if name == "word_embeddings" else range(positions)
        chosen[f"embeddings.{name}.weight"] = chosen[f"embeddings.{name}.weight"][list(rows)]
    for place, layer in enumerate(layers):
        old, new = f"encoder.layer.{layer}.", f"encoder.layer.{place}."
        own = {name: value for name, value in teacher.tensors.items() if name.startswith(old)}
        chosen |= {name.replace(old, new): value for name, value in own.items()}
    return {name: torch.tensor(value) for name, value in chosen.items()}


class Reader:
    """Texts to padded token ids."""

    def __init__(self, pieces: Sequence[tuple[str, float]]) -> None:
        self._tokenizer = tokenizer(pieces)
        self._single = {text: i for i, (text, _) in enumerate(pieces) if len(text) == 1}

    def tokens(self, text: str, before: str = "", *, by_character: bool = False) -> Row:
        """Token ids as `speechaudit.classifiers` gives them to the model; cut to the positions that it has."""
        own = self._ids(text, by_character=by_character)[: POSITIONS - BEFORE - 3]
        return row(own, self._ids(before, by_character=by_character) if before else ())

    def _ids(self, text: str, *, by_character: bool) -> list[int]:
        if by_character:
            return [self._single.get(character, SPECIAL - 1) for character in "▁" + text]
        return list(self._tokenizer.encode(text).ids)


def padded(rows: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor]:
    """(rows, longest) token ids, the mask that is 1 where they are real, and the mask of the text's own tokens."""
    length = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([[*ids, *[_PADDING] * (length - len(ids))] for ids, _ in rows])
    mask = torch.tensor([[1.0] * len(ids) + [0.0] * (length - len(ids)) for ids, _ in rows])
    own = torch.tensor([[1.0] * own + [0.0] * (length - own) for _, own in rows])
    return ids, mask, own


class Student(nn.Module):  # type: ignore[misc, unused-ignore]
    """Logits of all labels from the mean and the maximum of the last states."""

    def __init__(self, encoder: BertModel, labels: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(2 * encoder.config.hidden_size, labels)

    def forward(self, ids: Tensor, mask: Tensor, own: Tensor) -> Tensor:
        """(batch, labels) logits, read from the states of the text's own tokens."""
        states = self.encoder(ids, attention_mask=mask).last_hidden_state
        return self.head(self.dropout(torch.cat([mean_pool(states, own), _max_pool(states, own)], dim=1)))


def mean_pool(states: Tensor, mask: Tensor) -> Tensor:
    """(batch, hidden) mean of the real states."""
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def _max_pool(states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(mask[..., None] == 0, -1e9).amax(1)
