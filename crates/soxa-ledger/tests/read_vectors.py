"""Reads the golden vectors with stock libraries only (cbor2, jwcrypto, cryptography), written from FORMAT.md.

Derives every id again and checks every signature by itself. Run: python3 read_vectors.py <folder of vectors>
"""

import base64
import hashlib
import io
import json
import sys
from pathlib import Path

import cbor2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from jwcrypto import jwk, jws

checked = {"ids": 0, "signatures": 0}


def same(found, expected, what):
    if found != expected:
        raise SystemExit(f"{what}: found {found!r}, expected {expected!r}")
    checked["ids"] += 1


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def domain_hash(domain, *parts):
    return sha256(domain.encode(), b"\0", *parts)


def cbor(data):
    """One item, nothing after it, in deterministic encoding."""
    stream = io.BytesIO(data)
    value = cbor2.load(stream)
    assert stream.read() == b"", "bytes after the item"
    assert cbor2.dumps(value, canonical=True) == data, "not the deterministic encoding"
    return value


def verify(public, domain, network, message, signature):
    key = Ed25519PublicKey.from_public_bytes(public)
    key.verify(signature, domain.encode() + b"\0" + network + message)
    checked["signatures"] += 1


def unbase64(text):
    assert "=" not in text
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def no_doubles(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), "a doubled member"
    return dict(pairs)


def strict_json(data):
    value = json.loads(data, object_pairs_hook=no_doubles)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert text.encode() == data, "JSON in another form"
    return value


def read_jws(container, typ):
    """The payload and the EdDSA headers; each signature is checked in a JWS of its own."""
    outer = strict_json(container)
    assert list(outer) == ["payload", "signatures"]
    headers = []
    for part in outer["signatures"]:
        assert list(part) == ["protected", "signature"]
        header = json.loads(unbase64(part["protected"]), object_pairs_hook=no_doubles)
        assert header["alg"].lower() != "none"
        if header["alg"] != "EdDSA":
            continue
        strict_json(unbase64(part["protected"]))
        same(header["typ"], typ, "typ")
        x = base64.urlsafe_b64encode(bytes.fromhex(header["kid"])).rstrip(b"=").decode()
        token = jws.JWS()
        token.deserialize(json.dumps({"payload": outer["payload"], **part}))
        token.verify(jwk.JWK(kty="OKP", crv="Ed25519", x=x), alg="EdDSA")
        checked["signatures"] += 1
        headers.append((header, part))
    return unbase64(outer["payload"]), headers


def read_statements(vectors):
    network = bytes.fromhex(vectors["network"])
    same(domain_hash("soxa/founding-unit/1", network).hex(), vectors["founding_operation"], "founding operation")
    invites = {}
    adoptions = []
    changes = 0
    for vector in vectors["statements"]:
        payload, headers = read_jws(vector["container"].encode(), "soxa-statement")
        same(payload.decode(), vector["payload"], "payload")
        same(sha256(payload).hex(), vector["id"], "statement id")
        same([header["kid"] for header, _ in headers], vector["signers"], "signers")
        fact = strict_json(payload)
        named = vector["id"] if fact["soxa"] == "genesis/1" else fact["network"]
        same(named, vectors["network"], "network")
        if fact["soxa"] == "invite/1":
            assert list(fact["fact"]) == ["key", "node", "unit_path", "name", "expires"]
            invites[vector["id"]] = fact["fact"]
        if fact["soxa"] == "roots/1":
            assert list(fact["fact"]) == ["roots", "quorum", "follows", "remark", "stands"]
            followed = next(v for v in vectors["statements"] if v["id"] == fact["fact"]["follows"])
            earlier = json.loads(followed["payload"])
            signed = set(vector["signers"]) & set(earlier["roots"])
            assert fact["under"] is None and len(signed) >= earlier["quorum"], "a quorum of the keys that it follows"
            changes += 1
        if fact["soxa"] == "adoption/1":
            assert list(fact["fact"]) == ["commits", "remark"]
            commits = fact["fact"]["commits"]
            assert commits and commits == sorted(set(commits)), "commits in ascending order, each once"
            adoptions.append(commits)
    for vector in vectors["statements"]:
        fact = json.loads(vector["payload"])
        invite = invites.get(fact.get("under"))
        if invite:
            # An admission under an invite says the same of unit and name, and is signed by the invite's key alone.
            same(fact["soxa"], "admission/1", "what an invite lets one say")
            same([fact["fact"][part] for part in ("unit_path", "name")], [invite["unit_path"], invite["name"]], "invited")
            same(vector["signers"], [invite["key"]], "signer under an invite")
    assert invites, "no invite among the vectors"
    assert changes, "no change of root keys among the vectors"
    assert adoptions, "no adoption among the vectors"


def read_minutes(container, network):
    _, headers = read_jws(container, "soxa-minutes")
    ids = []
    for header, part in headers:
        same(header["network"], network.hex(), "network of minutes")
        assert header["party"] in ("giver", "receiver", "witness")
        signature = unbase64(part["signature"])
        ids.append(domain_hash("soxa/minutes-signature/1", sha256(part["protected"].encode()), signature).hex())
    return ids


def read_commits(vectors):
    network = bytes.fromhex(vectors["network"])
    for vector in vectors["commits"]:
        body, signature = cbor(bytes.fromhex(vector["signed"]))
        version, author, appointment, scope, time, operations, minutes, note = cbor(body)
        assert version == 1 and len(appointment) == 32 and time >= 0
        assert note is None or isinstance(note, str)
        assert scope == sorted(set(scope))
        same(author.hex(), vector["author"], "author")
        verify(author, "soxa/commit/1", network, body, signature)
        commit = sha256(b"soxa/commit/1\0", network, body)
        same(commit.hex(), vector["id"], "commit id")

        def operation_id(index):
            return domain_hash("soxa/op/1", commit, index.to_bytes(4, "big"))

        def resolve(reference):
            return operation_id(reference) if isinstance(reference, int) else reference

        for index, (operation, expected) in enumerate(zip(operations, vector["operations"], strict=True)):
            record, kind, op_version, parents, refs, op_body = operation
            assert op_version == 1 and isinstance(op_body, bytes)
            same(operation_id(index).hex(), expected["id"], "operation id")
            created = operation_id(index) if record is None else resolve(record)
            same(created.hex(), expected["record"], "record id")
            same(kind, expected["kind"], "kind")
            same([resolve(p).hex() for p in parents], expected["parents"], "parents")
            same([resolve(r).hex() for r in refs], expected["refs"], "refs")
        ids = [one for container in minutes for one in read_minutes(container, network)]
        same(ids, vector["minutes_signatures"], "minutes signatures")


def feed_id(network, feed):
    node, incarnation, scope, follows = feed
    assert len(node) == 32 and len(incarnation) == 16 and scope == sorted(set(scope))
    return domain_hash("soxa/feed/1", network, cbor2.dumps(feed, canonical=True))


def entry_hash(header):
    return domain_hash("soxa/entry/1", header)


def verify_tip(network, node, feed, seq, digest, signature):
    verify(node, "soxa/tip/1", network, cbor2.dumps([feed, seq, digest], canonical=True), signature)


def unpack(block):
    """An LZ4 block, by its specification (lz4_Block_format.md)."""
    out, at = bytearray(), 0

    def length(nibble):
        nonlocal at
        total = nibble
        while nibble == 15 or nibble == 255:
            nibble, at = block[at], at + 1
            total += nibble
        return total

    while True:
        token, at = block[at], at + 1
        literals = length(token >> 4)
        out += block[at : at + literals]
        at += literals
        if at == len(block):
            return bytes(out)
        offset, at = int.from_bytes(block[at : at + 2], "little"), at + 2
        for _ in range(length(token & 15) + 4):
            out.append(out[-offset])


def read_feeds(vectors):
    network = bytes.fromhex(vectors["network"])
    for vector in vectors["feeds"]:
        same(feed_id(network, cbor(bytes.fromhex(vector["feed"]))).hex(), vector["id"], "feed id")
    feed, of_feed, first, before, unpacked, entries, tip = cbor(bytes.fromhex(vectors["run"]))
    same(tip.hex(), vectors["tip"], "tip")
    own_id = feed_id(network, feed)
    same((of_feed, first, before), (own_id, 1, own_id), "begin of the run")
    if unpacked:
        entries = unpack(entries)
        same(len(entries), unpacked, "unpacked length")
    entries, clock = cbor(entries), 0
    for number, (entry, expected) in enumerate(zip(entries, vectors["entries"], strict=True), start=1):
        later, kind, body = entry
        assert kind in (0, 1)
        clock += later
        header = cbor2.dumps([1, own_id, number, before, clock, kind, len(body), sha256(body)], canonical=True)
        same(header.hex(), expected["header"], "header")
        same(body.hex(), expected["body"], "body")
        before = entry_hash(header)
        same(before.hex(), expected["hash"], "entry hash")
    verify_tip(network, feed[0], own_id, len(entries), before, tip)


def read_forks(vectors):
    network = bytes.fromhex(vectors["network"])
    for vector in vectors["proofs"]:
        version, feed, seq, *branches = cbor(bytes.fromhex(vector["proof"]))
        assert version == 1 and len(branches) == 2
        own_id = feed_id(network, feed)
        same((own_id.hex(), seq), (vector["feed"], vector["seq"]), "fork")
        differing = []
        for headers, tip in branches:
            first = cbor(headers[0])
            assert first[2] == seq + 1 or (first[2] == seq and len(headers) == 1)
            differing.append(first[3] if first[2] == seq + 1 else entry_hash(headers[0]))
            at, before = first[2] - 1, first[3]
            for header in headers:
                fields = cbor(header)
                same((fields[1], fields[2], fields[3]), (own_id, at + 1, before), "chain of a branch")
                at, before = at + 1, entry_hash(header)
            verify_tip(network, feed[0], own_id, at, before, tip)
        assert differing[0] < differing[1]


def read_copies(vectors):
    network = bytes.fromhex(vectors["network"])
    for vector in vectors["copies"]:
        version, feed, (headers, tip), commit = cbor(bytes.fromhex(vector["copy"]))
        assert version == 1
        own_id = feed_id(network, feed)
        first = cbor(headers[0])
        same((own_id.hex(), first[2]), (vector["feed"], vector["seq"]), "first position of a copy")
        same(entry_hash(headers[0]).hex(), vector["entry"], "first entry of a copy")
        same((first[5], first[6], first[7]), (0, len(commit), sha256(commit)), "commit of a copy")
        same(commit.hex(), vector["commit"], "commit of a copy")
        at, before = first[2] - 1, first[3]
        for header in headers:
            fields = cbor(header)
            same((fields[1], fields[2], fields[3]), (own_id, at + 1, before), "chain of a copy")
            at, before = at + 1, entry_hash(header)
        verify_tip(network, feed[0], own_id, at, before, tip)


def read_keys(vectors):
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vectors["seed"]))
    raw = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    same(key.public_key().public_bytes(*raw).hex(), vectors["public"], "public key")
    same(key.sign(vectors["message"].encode()).hex(), vectors["signature"], "signature")
    opened = serialization.load_pem_private_key(vectors["key_file"].encode(), vectors["passphrase"].encode())
    same(opened.public_key().public_bytes(*raw).hex(), vectors["public"], "key file")


def read_sealed(vectors):
    key, sealed = bytes.fromhex(vectors["key"]), bytes.fromhex(vectors["sealed"])
    same(sha256(sealed).hex(), vectors["file"], "a file's id")
    head, text = sealed[:46], sealed[46:]
    same(head, b"soxa-sealed/1\n" + domain_hash("soxa/content-key/1", key), "head of a sealed file")
    plain = ChaCha20Poly1305(key).decrypt(bytes(12), text, head)
    same(plain.decode(), vectors["plain"], "what was sealed")


def main(folder):
    readers = {
        "statements": read_statements,
        "commits": read_commits,
        "feeds": read_feeds,
        "forks": read_forks,
        "copies": read_copies,
        "keys": read_keys,
        "sealed": read_sealed,
    }
    for name, reader in readers.items():
        reader(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
    print(f"{checked['ids']} values derived again, {checked['signatures']} signatures checked")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "vectors")
