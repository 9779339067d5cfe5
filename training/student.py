"""The student: the teacher's first layers and the Chinese part of its vocabulary, one linear head for all labels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from training.teacher import Teacher
from training.vocabulary import SPECIAL, tokenizer

POSITIONS = 64
_START, _PADDING, _END = range(3)


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

    def tokens(self, text: str, *, by_character: bool = False) -> list[int]:
        """Token ids between <s> and </s>; cut to the positions that the model has."""
        if by_character:
            found = [self._single.get(character, SPECIAL - 1) for character in "▁" + text]
        else:
            found = self._tokenizer.encode(text).ids
        return [_START, *found[: POSITIONS - 2], _END]


def padded(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """(rows, longest) token ids and the mask that is 1 where they are real."""
    length = max(map(len, rows))
    ids = torch.tensor([[*row, *[_PADDING] * (length - len(row))] for row in rows])
    mask = torch.tensor([[1.0] * len(row) + [0.0] * (length - len(row)) for row in rows])
    return ids, mask


class Student(nn.Module):  # type: ignore[misc, unused-ignore]
    """Logits of all labels from the mean and the maximum of the last states."""

    def __init__(self, encoder: BertModel, labels: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(2 * encoder.config.hidden_size, labels)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(batch, labels) logits."""
        states = self.encoder(ids, attention_mask=mask).last_hidden_state
        return self.head(self.dropout(torch.cat([mean_pool(states, mask), _max_pool(states, mask)], dim=1)))


def mean_pool(states: Tensor, mask: Tensor) -> Tensor:
    """(batch, hidden) mean of the real states."""
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def _max_pool(states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(mask[..., None] == 0, -1e9).amax(1)
