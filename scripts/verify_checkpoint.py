#!/usr/bin/env python3
"""Checks checkpoints and their cosignatures without any part of soxa.

Needs Python 3.9 and cryptography (Debian: python3-cryptography). Written from c2sp.org/signed-note, c2sp.org/tlog-checkpoint,
c2sp.org/tlog-cosignature and the section "Checkpoints" of crates/soxa-ledger/FORMAT.md. For each file (a note, such as
`soxa status --format json` gives) it checks the signature of the node whose log it is, and every cosignature by
itself. Of files that name one log, two of equal size and different root are reported as a split view.

Whether the nodes named are admitted to the network is not in these files: `soxa node list` says it.
Exit status: 0 when every file is in order, 1 when one is not, 2 for a wrong call, 3 for a split view.
"""

import base64
import hashlib
import re
import sys
from datetime import datetime, timezone

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError as missing:
    print(f"verify_checkpoint: {missing}; install python3-cryptography", file=sys.stderr)
    sys.exit(2)

ED25519, COSIGNATURE = 0x01, 0x04
ORIGIN = re.compile(r"soxa/([0-9a-f]{64})/([0-9a-f]{64})/(all|[0-9a-f]{64})/(0|[1-9][0-9]*)")
LINE = re.compile("\u2014 ([^\\s+]+) ([A-Za-z0-9+/]+=*)")


class Refused(Exception):
    """Why a file is not in order."""


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def check(key, signature, message, what):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Refused(f"the signature of {what} does not hold") from None


def unbase64(text):
    """Base64 in its one form: padded, with zero spare bits."""
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise Refused("base64 in another form than the one allowed")
    return found


def read_file(path):
    with open(path, encoding="utf-8", newline="") as file:
        return read(file.read())


def read(note):
    """Origin, size, root and cosigners (in the order of their lines, with their times) of a note whose signatures hold."""
    text, empty, lines = note.rpartition("\n\n")
    if not empty or not lines.endswith("\n"):
        raise Refused("no signed note")
    text += "\n"
    parts = text.split("\n")
    origin = ORIGIN.fullmatch(parts[0])
    if not origin or len(parts) != 4 or not re.fullmatch(r"0|[1-9][0-9]*", parts[1]):
        raise Refused("no checkpoint of soxa")
    root = unbase64(parts[2])
    if len(root) != 32:
        raise Refused("a root that is no SHA-256")
    network, node = origin[1], bytes.fromhex(origin[2])
    signed, cosigned = False, {}
    for line in lines[:-1].split("\n"):
        match = LINE.fullmatch(line)
        if not match:
            raise Refused("a malformed signature line")
        name, blob = match[1], unbase64(match[2])
        cosigner = re.fullmatch(rf"soxa/{network[:8]}/([0-9a-f]{{64}})", name)
        if name == parts[0] and blob[:4] == key_id(name, ED25519, node):
            check(node, blob[4:], text.encode(), "the log's node")
            signed = True
        elif cosigner and blob[:4] == key_id(name, COSIGNATURE, bytes.fromhex(cosigner[1])):
            time = int.from_bytes(blob[4:12], "big")
            message = f"cosignature/v1\ntime {time}\n{text}".encode()
            check(bytes.fromhex(cosigner[1]), blob[12:], message, f"cosigner {cosigner[1][:8]}")
            cosigned[cosigner[1]] = time
    if not signed:
        raise Refused("not signed by the node whose log it is")
    return parts[0], int(parts[1]), parts[2], cosigned


def main(paths):
    if not paths or paths[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    seen, failed, split = {}, False, False
    for path in paths:
        try:
            origin, size, root, cosigned = read_file(path)
        except (Refused, OSError, ValueError) as why:
            print(f"{path}: NOT in order: {why}")
            failed = True
            continue
        print(f"{path}: {origin}: {size} snapshots, root {root}, signed by its node")
        for node, time in sorted(cosigned.items()):
            print(f"  co-signed by {node} at {datetime.fromtimestamp(time, timezone.utc):%Y-%m-%d %H:%M:%S} UTC")
        if seen.setdefault((origin, size), root) != root:
            print(f"SPLIT VIEW: {origin} has two roots of size {size}, both signed by its node")
            split = True
    return 3 if split else 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
