"""Small numbers packed into bytes."""

from __future__ import annotations

import torch
from torch import Tensor


def packed(found: Tensor, bits: int) -> Tensor:
    """uint8 [ceil(n bits / 8)], the first number in the lowest bits."""
    per_byte = 8 // bits
    flat = found.flatten()
    flat = torch.cat([flat, flat.new_zeros(-flat.numel() % per_byte)]).view(-1, per_byte)
    shifts = torch.arange(0, 8, bits, dtype=torch.uint8, device=flat.device)
    return (flat << shifts).sum(dim=1).to(torch.uint8)


def unpacked(stored: Tensor, shape: torch.Size, bits: int) -> Tensor:
    shifts = torch.arange(0, 8, bits, dtype=torch.uint8, device=stored.device)
    flat = ((stored[:, None] >> shifts) & (2**bits - 1)).flatten()
    return flat[: shape.numel()].view(shape)
