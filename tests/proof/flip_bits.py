"""Flips bits of a proof, one at a time, and expects scripts/verify_proof.py to refuse every one of the files.

Run: python3 flip_bits.py FILE ROOT. One bit of every fifth byte, and every bit of the ends of every signature,
where base64 may have bits to spare.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import verify_proof  # noqa: E402

file, root = Path(sys.argv[1]), sys.argv[2]
good = file.read_bytes()
verify_proof.check(good, [root])
flips = {(at, at % 8) for at in range(0, len(good), 5)}
for found in re.finditer(rb'"(?:signature|tip)":"([^"]*)"', good):
    start, end = found.span(1)
    flips |= {(at, bit) for at in (start, end - 2, end - 1) for bit in range(8)}
accepted = []
for at, bit in sorted(flips):
    mutant = bytearray(good)
    mutant[at] ^= 1 << bit
    try:
        verify_proof.check(bytes(mutant), [root])
        accepted.append((at, bit))
    except verify_proof.Refused:
        pass
if accepted:
    sys.exit(f"accepted with a flipped bit (byte, bit): {accepted[:20]}")
print(f"{len(flips)} flipped bits, all refused")
