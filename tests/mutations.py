"""Randomly damaged bytes, for tests of code that reads files."""

import random


def mutated(content: bytes, dice: random.Random) -> bytes:
    """Return a copy with a few bytes flipped, inserted, removed or repeated, or truncated."""
    damaged = bytearray(content)
    for _ in range(dice.choice([1, 1, 2, 5, 30])):
        at = dice.randrange(len(damaged))
        kind = dice.randrange(6)
        if kind == 0:
            damaged[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            damaged[at] = dice.choice([0, 0x7F, 0x80, 0xFF])
        elif kind == 2:
            damaged[at:at] = dice.randbytes(dice.randrange(1, 9))
        elif kind == 3:
            del damaged[at : at + dice.randrange(1, 9)]
        elif kind == 4:
            damaged[at:at] = damaged[at : at + dice.randrange(1, 65)]
        else:
            del damaged[at + 1 :]
        if not damaged:
            break
    return bytes(damaged)
