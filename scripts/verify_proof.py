#!/usr/bin/env python3
"""Checks proofs of handovers (soxa.proof/1) without any part of soxa.

Needs Python 3.9 and jwcrypto (Debian: python3-jwcrypto, PyPI: jwcrypto). Written from crates/soxa-ledger/PROOF.md and
FORMAT.md there. Checks, for each file:

  - the one form that a proof has: no byte of it is without meaning;
  - every signature of every JWS part by itself (founding statement, statements, minutes) with the JOSE library: some
    libraries call a JWS valid when one of its signatures is;
  - the verdict rule (ledger_rule.py): the issuers of every statement, by key, role, reach and term, up to the root keys that you
    trust, and each change of these; cuts and what they let stand, invites, adoptions, the admission of nodes, and what counts
    past a fork;
  - who signed the minutes, in which capacity, for which unit, and that each signature has effect by the same rule;
  - rulings between handovers of the same things: their authors, and that these stand above all parties;
  - the commit's signature, and the chain of entries from each statement and commit to a tip that its node signed;
  - the checkpoint, when there is one: every cosignature, that the nodes are admitted, and both inclusion proofs (RFC 6962)
    of each chain with an act.

Exit status: 0 when every file is in order, 1 when one is not, 2 for a wrong call.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from datetime import datetime, timezone
from pathlib import Path

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from jwcrypto import jwk, jws

    import ledger_rule
    import verify_checkpoint
except ImportError as missing:
    print(f"verify_proof: {missing}; install python3-jwcrypto (Debian) or jwcrypto (PyPI)", file=sys.stderr)
    sys.exit(2)

SCHEMA = "soxa.proof/1"
BYTES_MAX = 16 << 20
STATEMENT, COMMIT = 1, 0
FORK_HEADERS_MAX = 1024
PARTIES = {"giver": "handover.offer", "receiver": "handover.accept", "witness": "handover.witness"}


class Refused(Exception):
    """A part that does not hold, and why."""


def refuse(part, why):
    raise Refused(f"{part}: {why}")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def domain_hash(domain, *parts):
    return sha256(domain.encode(), b"\0", *parts)


# ---- forms: JSON, base64, CBOR


def unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a doubled member")
    return members


def parse(text, part):
    try:
        return json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        refuse(part, f"no JSON of a proof: {error}")


def one_form(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def members(value, names, part):
    """An object with exactly these members, in this order."""
    if not isinstance(value, dict) or list(value) != names:
        refuse(part, f"not an object of {', '.join(names)}")
    return [value[name] for name in names]


def listing(value, part):
    if not isinstance(value, list):
        refuse(part, "not a list")
    return value


def hexadecimal(text, part):
    if not isinstance(text, str) or not re.fullmatch("[0-9a-f]{64}", text):
        refuse(part, "not 64 lower-case hexadecimal digits")
    return bytes.fromhex(text)


def unbase64(text, part, url=False):
    """Base64 in its one form: strict alphabet and padding, zero spare bits."""
    try:
        if url:
            found = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            again = base64.urlsafe_b64encode(found).rstrip(b"=").decode()
        else:
            found = base64.b64decode(text, validate=True)
            again = base64.b64encode(found).decode()
    except (TypeError, ValueError, binascii.Error):
        refuse(part, "no base64")
    if again != text:
        refuse(part, "base64 in another form than the one allowed")
    return found


class Cbor:
    """Reads the few kinds of CBOR items that entries and commits use."""

    def __init__(self, data, part):
        self.data, self.at, self.part = data, 0, part

    def take(self, count):
        found = self.data[self.at : self.at + count]
        if len(found) != count:
            refuse(self.part, "CBOR that is cut short")
        self.at += count
        return found

    def head(self):
        first = self.take(1)[0]
        kind, small = first >> 5, first & 31
        if small < 24:
            return kind, small
        if small > 27:
            refuse(self.part, "CBOR of a length that is not definite")
        value = int.from_bytes(self.take(1 << (small - 24)), "big")
        if value < (24, 1 << 8, 1 << 16, 1 << 32)[small - 24]:
            refuse(self.part, "CBOR with a head that is longer than needed")
        return kind, value

    def item(self):
        kind, value = self.head()
        if kind == 0:
            return value
        if kind == 1:
            return -1 - value
        if kind == 2:
            return self.take(value)
        if kind == 3:
            return self.take(value).decode("utf-8", "strict")
        if kind == 4:
            return [self.item() for _ in range(min(value, len(self.data)))]
        if kind == 7 and value in (20, 21, 22):
            return {20: False, 21: True, 22: None}[value]
        return refuse(self.part, "CBOR of a kind that is not used")


def cbor(data, length, part):
    """One array of this length, and nothing after it."""
    reader = Cbor(data, part)
    try:
        found = reader.item()
    except (RecursionError, UnicodeDecodeError):
        refuse(part, "malformed CBOR")
    if reader.at != len(data) or not isinstance(found, list) or len(found) != length:
        refuse(part, f"not one CBOR array of {length}")
    return found


def signed(key, message, signature, part):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        refuse(part, f"the signature is not that of key {key.hex()[:8]}")


# ---- JWS


def read_jws(container, part):
    """The payload's bytes and the signatures of a JWS, each with its decoded header. Nothing is checked yet."""
    payload, signatures = members(container, ["payload", "signatures"], part)
    found = []
    for entry in listing(signatures, part):
        protected, signature = members(entry, ["protected", "signature"], part)
        unbase64(signature, part, url=True)
        header = parse(unbase64(protected, part, url=True), part)
        if not isinstance(header, dict):
            refuse(part, "a protected header that is no object")
        found.append((header, protected, signature))
    if not found:
        refuse(part, "no signature")
    return unbase64(payload, part, url=True), found


def check_jws(payload, protected, signature, key, part):
    """One signature by itself: the others of the container are not shown to the library."""
    one = {"payload": payload, "protected": protected, "signature": signature}
    x = base64.urlsafe_b64encode(key).rstrip(b"=").decode()
    try:
        token = jws.JWS()
        token.allowed_algs = ["EdDSA"]
        token.deserialize(json.dumps(one))
        token.verify(jwk.JWK(kty="OKP", crv="Ed25519", x=x), alg="EdDSA")
    except (jws.InvalidJWSSignature, jws.InvalidJWSObject, jws.InvalidJWSOperation, ValueError) as error:
        refuse(part, f"the JOSE library refuses the signature of key {key.hex()[:8]}: {error}")


# ---- the parts of a file


class Entries:
    """All entries that the chains show, by kind and hash of their bodies."""

    def __init__(self, network, chains):
        self.by_body = {}
        self.first = {}
        self.tips = []
        self.network, self.feeds, self.links = network, {}, {}  # feeds by their ids, and the hash before each entry
        self.nodes = set()  # in whose feeds the acts stand
        self.held = {}  # by chain: its tip, and that it was held
        self.with_acts = set()  # chains that carry a commit
        last = None
        for number, chain in enumerate(listing(chains, "chains"), 1):
            part = f"chain {number}"
            feed, headers, tip, held = members(chain, ["feed", "headers", "tip", "held"], part)
            feed = unbase64(feed, part)
            node = cbor(feed, 4, part)[0]
            encoded, feed = feed, domain_hash("soxa/feed/1", network, feed)
            self.feeds[feed] = (encoded, node)
            before = None
            for text in listing(headers, part):
                header = unbase64(text, part)
                version, of, seq, prev, time, kind, length, body = cbor(header, 8, part)
                if version != 1 or of != feed or not isinstance(seq, int) or not isinstance(time, int):
                    refuse(part, "a header of another version or feed")
                if before is None:
                    if last is not None and (feed, seq) <= last:
                        refuse(part, "doubled or out of order")
                    self.first[feed, seq] = part
                    if seq == 1 and prev != feed:
                        refuse(part, "the chain does not begin with the feed")
                elif (seq, prev) != before[:2] or time < before[2]:
                    refuse(part, f"the chain is broken at entry {seq}")
                own = domain_hash("soxa/entry/1", header)
                before = (seq + 1, own, time)
                self.links[feed.hex(), seq, own.hex()] = prev.hex()
                self.by_body.setdefault((kind, body), []).append((feed, seq, length, time, node, part, own))
            if before is None:
                refuse(part, "no headers")
            last = (feed, before[0] - 1)
            self.held[part] = (*last, before[1], held)
            self.tips.append((part, node, feed, before[0] - 1, before[1], unbase64(tip, part)))

    def times(self, kind, body, part):
        """The node times of the entries that carry a body."""
        shown = self.by_body.get((kind, sha256(body)), [])
        if not shown or any(length != len(body) for _, _, length, _, _, _, _ in shown):
            refuse(part, "no entry carries it")
        for feed, seq, _, _, node, chain, _ in shown:
            self.first.pop((feed, seq), None)
            if kind == COMMIT:
                self.nodes.add(node.hex())
                self.with_acts.add(chain)
        return [time for _, _, _, time, _, _, _ in shown]

    def positions(self, kind, body):
        """The entries that carry a body."""
        shown = self.by_body[kind, sha256(body)]
        return [ledger_rule.Position(feed.hex(), seq, own.hex(), time, node.hex()) for feed, seq, _, time, node, _, own in shown]

    def check_tips(self, network):
        for part in self.first.values():
            refuse(part, "its first entry carries no part of the file")
        for part, node, feed, seq, own, signature in self.tips:
            signed_tip(node, feed, seq, own, signature, network, part)


def uint(value):
    """An unsigned integer in deterministic CBOR."""
    if value < 24:
        return bytes([value])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([code]) + value.to_bytes(size, "big")
    return refuse("chains", "a number beyond 64 bits")


def inclusion(leaf, index, size, proof, root, part):
    """RFC 9162, section 2.1.3.2."""
    if not isinstance(index, int) or not isinstance(size, int) or not 0 <= index < size < 1 << 64:
        refuse(part, "a number that is no leaf of the tree")
    at, last, found = index, size - 1, leaf
    for step in listing(proof, part):
        step = unbase64(step, part)
        if last == 0 or len(step) != 32:
            refuse(part, "an inclusion proof that does not hold")
        if at % 2 or at == last:
            found = sha256(b"\1", step, found)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            found = sha256(b"\1", found, step)
        at, last = at >> 1, last >> 1
    if last or found != root:
        refuse(part, "an inclusion proof that does not hold")


def read_forks(parts, entries):
    """The number of the fork of each feed that a fork proof is about; every one holds by itself."""
    found = {}
    for number, text in enumerate(listing(parts, "forks"), 1):
        part = f"fork {number}"
        data = unbase64(text, part)
        reader = Cbor(data, part)
        if reader.head() != (4, 5):
            refuse(part, "no fork proof")
        version, start = reader.item(), reader.at
        feed_parts = reader.item()
        encoded = data[start : reader.at]
        seq, *branches = (reader.item() for _ in range(3))
        feed = domain_hash("soxa/feed/1", entries.network, encoded)
        if version != 1 or reader.at != len(data) or entries.feeds.get(feed, (None,))[0] != encoded:
            refuse(part, "of a feed that the file does not show, or in another form")
        if found and feed.hex() <= max(found):
            refuse(part, "doubled or out of order")
        first, second = (fork_branch(one, feed, seq, feed_parts[0], entries.network, part) for one in branches)
        if first >= second:
            refuse(part, "two branches that do not differ, or out of order")
        found[feed.hex()] = seq
    return found


def fork_branch(branch, feed, seq, node, network, part):
    """The hash of the entry in which a branch differs; its headers follow one another up to a tip that the node signed."""
    headers, tip = branch
    if not 1 <= len(headers) <= FORK_HEADERS_MAX or seq < 1:
        refuse(part, "a branch without headers, or with too many")
    differs = before = None
    for header in headers:
        version, of, number, prev, time, _, _, _ = cbor(header, 8, part)
        own = domain_hash("soxa/entry/1", header)
        if version != 1 or of != feed:
            refuse(part, "a header of another version or feed")
        if before is None:
            if number not in (seq, seq + 1) or (number == seq) != (len(headers) == 1):
                refuse(part, "a branch that begins elsewhere")
            differs = own if number == seq else prev
        elif (number, prev) != before[:2] or time < before[2]:
            refuse(part, f"a branch that is broken at entry {number}")
        before = (number + 1, own, time)
    signed_tip(node, feed, before[0] - 1, before[1], tip, network, part)
    return differs


def signed_tip(node, feed, seq, own, signature, network, part):
    tip = b"\x83\x58\x20" + feed + uint(seq) + b"\x58\x20" + own
    signed(node, b"soxa/tip/1\0" + network + tip, signature, part)


class Checkpoint:
    """Who co-signed what a node held, and that it held the entries of the acts."""

    def __init__(self, text, network, entries):
        part = "checkpoint"
        if text is None:
            self.nodes, self.cosigned = set(), {}
            for chain, (_, _, _, held) in entries.held.items():
                if held is not None:
                    refuse(chain, "covered by a checkpoint that is not there")
            return
        note = unbase64(text, part).decode("utf-8")
        try:
            origin, size, root, self.cosigned = verify_checkpoint.read(note)
        except verify_checkpoint.Refused as why:
            refuse(part, why)
        log = origin.split("/")
        lines = note.rpartition("\n\n")[2].count("\n")
        if log[1] != network.hex() or log[3] != "all":
            refuse(part, "of something else")
        if not self.cosigned or list(self.cosigned) != sorted(self.cosigned) or lines != 1 + len(self.cosigned):
            refuse(part, "not co-signed, or lines out of order")
        if not note.rpartition("\n\n")[2].startswith(f"\u2014 {origin} "):
            refuse(part, "its node's signature does not come first")
        self.node, self.times = log[2], []
        self.nodes = {log[2]} | set(self.cosigned)
        for chain, (feed, seq, own, held) in entries.held.items():
            if (held is not None) != (chain in entries.with_acts):
                refuse(chain, "the checkpoint covers exactly the chains with acts")
            if held is not None:
                self.check_held(feed, seq, own, held, size, base64.b64decode(root), chain)

    def check_held(self, feed, seq, own, held, size, root, part):
        names = ["closed", "feed", "feeds", "tips", "in_snapshot", "time", "snapshot", "in_log"]
        closed, at, feeds, tips, in_snapshot, time, snapshot, in_log = members(held, names, part)
        tips = unbase64(tips, part)
        tip = b"\x85\x01\x58\x20" + feed + uint(seq) + b"\x58\x20" + own + (b"\xf5" if closed is True else b"\xf4")
        if not isinstance(closed, bool) or len(tips) != 32:
            refuse(part, "a malformed proof that it was held")
        inclusion(sha256(b"\0", tip), at, feeds, in_snapshot, tips, part)
        leaf = b"\x84\x01" + uint(time) + uint(feeds) + b"\x58\x20" + tips
        inclusion(sha256(b"\0", leaf), snapshot, size, in_log, root, part)
        self.times.append(time)


class Statement:
    """A statement with its signers; signatures are checked by `check`."""

    def __init__(self, container, entries, number):
        self.part = f"statement {number}"
        self.encoded, self.signatures = container, None
        self.payload, self.signatures = read_jws(container, self.part)
        self.id = sha256(self.payload).hex()
        self.says = parse(self.payload, self.part)
        if one_form(self.says).encode() != self.payload:
            refuse(self.part, "a payload in another form than the one allowed")
        self.times = entries.times(STATEMENT, one_form(container).encode(), self.part)
        self.positions = entries.positions(STATEMENT, one_form(container).encode())
        for header, _, _ in self.signatures:
            alg, kid, kind = members(header, ["alg", "kid", "typ"], self.part)
            if alg != "EdDSA" or kind != "soxa-statement":
                refuse(self.part, "a signature of another kind")
            hexadecimal(kid, self.part)
        self.signers = [header["kid"] for header, _, _ in self.signatures]
        if len(set(self.signers)) != len(self.signers):
            refuse(self.part, "two signatures of one key")
        self.kind = self.says.get("soxa") if isinstance(self.says, dict) else None

    def check(self):
        for header, protected, signature in self.signatures:
            key = bytes.fromhex(header["kid"])
            check_jws(self.encoded["payload"], protected, signature, key, self.part)

    @property
    def fact(self):
        return self.says["fact"]


class Authority:
    """The statements of a file: each by its rightful issuer, up to the root keys."""

    def __init__(self, network, containers, entries, forks):
        self.all = [Statement(container, entries, number) for number, container in enumerate(containers, 1)]
        if not self.all or self.all[0].kind != "genesis/1" or self.all[0].id != network:
            refuse("statement 1", "not the founding statement of the network that the file names")
        ids = [statement.id for statement in self.all[1:]]
        if ids != sorted(set(ids)) or network in ids:
            refuse("statements", "doubled or out of order")
        self.network = network
        self.genesis = self.all[0]
        for statement in self.all[1:]:
            if statement.says["network"] != network:
                refuse(statement.part, "made for another network")
        self.rule = ledger_rule.Rule(self.all, forks, entries.links)

    def trust(self, trusted):
        if not self.rule.is_valid(self.network):
            refuse("statement 1", "not signed by a quorum of its root keys")
        keys = set(trusted) - {self.network}
        strangers = keys - {key for _, says in self.rule.sets for key in says["roots"]}
        if strangers:
            refuse("the root", f"{min(strangers)} is neither this ledger nor one of its root keys")
        if self.network in trusted:
            return
        by_root = (s for s in self.all if s.says.get("under") is None and self.rule.is_valid(s.id))
        later = {key for s in by_root for key in s.signers}
        for named, says in self.rule.sets:
            spoke = set(self.genesis.signers) if named is self.genesis else later
            asked = min(len(keys), says["quorum"])
            if asked and len(keys & set(says["roots"]) & spoke) >= asked:
                return
        refuse("the root", "the keys given did not sign the founding statement, or anything after their change")

    def appointment(self, named, part):
        found = self.rule.find(named, "appointment/1")
        return found or refuse(part, f"acts under {str(named)[:8]}, which is no appointment in the file")

    def check_effect(self):
        for statement in self.all:
            if not self.rule.is_valid(statement.id):
                refuse(statement.part, "it has no effect: made without the right to it, ended before, or past a fork")

    def expect_effect(self, part, *act):
        if why := self.rule.act(*act):
            refuse(part, f"without effect: {why}")

    def name_of(self, node):
        """A node as its admission names it."""
        names = [s.fact["name"] for s in self.all if s.kind == "admission/1" and s.fact["node"] == node]
        return names[0] if names else self.genesis.says["name"]

    def check_cosigners(self, nodes):
        for node in nodes:
            if not self.rule.serves(node):
                refuse("checkpoint", f"node {node[:8]} is not admitted by the file, or no more")

    def cuts_on(self, appointment):
        return self.rule.counting(appointment)


def read_commit(data, network, part):
    body, signature = cbor(data, 2, part)
    return cbor(body, 8, part), b"soxa/commit/1\0" + network + body, signature


def commit_id(commit):
    """The id is the hash of what the author signed."""
    return sha256(commit[1]).hex()


def check_commit(commit, positions, authority, part):
    """A commit's signature, and its author's right to it; returns the author's appointment."""
    says, message, signature = commit
    signed(says[1], message, signature, part)
    author = authority.appointment(says[2].hex(), part)
    kinds = {operation[1] for operation in says[5]}
    authority.expect_effect(part, says[1].hex(), author.id, kinds, [commit_id(commit)], positions)
    return author


class Act:
    """Minutes with the commit that puts them into effect."""

    def __init__(self, wire, network, entries, number):
        self.part = f"act {number}"
        self.minutes, commit, carriers = members(wire, ["minutes", "commit", "carriers"], self.part)
        self.commit_bytes = unbase64(commit, self.part)
        self.times = entries.times(COMMIT, self.commit_bytes, f"{self.part}, commit")
        self.positions = entries.positions(COMMIT, self.commit_bytes)
        self.commit = read_commit(self.commit_bytes, network, self.part)
        self.carriers = []
        for number, text in enumerate(listing(carriers, self.part), 1):
            part = f"{self.part}, earlier commit {number}"
            data = unbase64(text, part)
            entries.times(COMMIT, data, part)
            self.carriers.append((read_commit(data, network, part), entries.positions(COMMIT, data)))
        if one_form(self.minutes).encode() not in self.commit[0][6]:
            refuse(f"{self.part}, minutes", "the commit does not carry them")
        self.payload, self.signatures = read_jws(self.minutes, f"{self.part}, minutes")
        self.says = parse(self.payload, f"{self.part}, minutes")

    def check(self, authority):
        for commit, message, signature in [commit for commit, _ in self.carriers]:
            signed(commit[1], message, signature, f"{self.part}, commit")
        author = self.author = check_commit(self.commit, self.positions, authority, f"{self.part}, commit")
        self.signers, self.others, self.remarks = [], 0, {}
        for header, protected, signature in self.signatures:
            part = f"{self.part}, minutes"
            if header.get("alg") == "EdDSA":
                self.signers.append(self.check_signer(header, protected, signature, authority, part))
                self.remarks[header["party"]] = header.get("remark")
            else:
                self.others += 1
        self.check_parties()
        return {signer[1].id for signer in self.signers} | {author.id}

    def check_signer(self, header, protected, signature, authority, part):
        if header.get("typ") != "soxa-minutes" or header.get("network") != authority.network:
            refuse(part, "a signature made for something else")
        key = hexadecimal(header.get("kid"), part)
        check_jws(self.minutes["payload"], protected, signature, key, part)
        appointment = authority.appointment(header.get("appointment"), part)
        party = header.get("party")
        carried = [(commit, at) for commit, at in self.carriers if any(
            signature.encode() in minutes and protected.encode() in minutes for minutes in commit[0][6]
        )]
        positions = self.positions + [one for _, at in carried for one in at]
        if party not in PARTIES:
            refuse(part, "a signature in a capacity that is not known")
        commits = [commit_id(commit) for commit in [self.commit] + [commit for commit, _ in carried]]
        who = (header["kid"], appointment.id, [PARTIES[party]], commits, positions)
        authority.expect_effect(f"{part}, {party}", *who)
        return party, appointment, min(at.time for at in positions)

    def check_parties(self):
        part = f"{self.part}, minutes"
        says = self.says
        if not isinstance(says, dict) or says.get("type") != "soxa-handover-minutes":
            refuse(part, "not the minutes of a handover")
        asked = {party: says[party]["unit"] for party in PARTIES if says.get(party) is not None}
        signed_by = {party: appointment.fact["unit_path"][-1] for party, appointment, _ in self.signers}
        if asked != signed_by or len(self.signers) != len(asked):
            refuse(part, "not signed once by each party, for its unit")
        effects = [op for op in self.commit[0][5] if op[1] == "handover.effect"]
        if not any(op[0] is not None and op[0] == bytes.fromhex(says["handover"]) for op in effects):
            refuse(part, "no operation of the commit puts them into effect")


def things(act):
    """What an act hands over and nobody refused, by the links below, with the links that it makes."""
    handover = bytes.fromhex(act.says["handover"])
    refused = {line["line"] for header, _, _ in act.signatures for line in header.get("refused", [])}
    lines = enumerate(act.says["lines"], 1)
    made = [(n, line) for n, line in lines if n not in refused and "subject" in line]  # papers and restated lines move nothing
    return {(line["subject"], line["prev"]): sha256(b"soxa/link/1\0", handover, n.to_bytes(4, "big")) for n, line in made}


class Ruling:
    """A commit that decides which of several handovers of one thing stands."""

    def __init__(self, text, network, entries, number):
        self.part = f"ruling {number}"
        self.bytes = unbase64(text, self.part)
        self.commit = read_commit(self.bytes, network, self.part)
        entries.times(COMMIT, self.bytes, self.part)
        self.positions = entries.positions(COMMIT, self.bytes)

    def check(self, authority, acts):
        self.author = check_commit(self.commit, self.positions, authority, self.part)
        kind = {"assets": "ruling.asset", "staff": "ruling.person"}.get(acts[0].says["kind"])
        links = [things(act) for act in acts]
        self.decides = []
        for record, said, version, _, _, body in self.commit[0][5]:
            if said != kind or version != 1 or not isinstance(record, bytes):
                continue
            on, stands, reason = cbor(body, 3, self.part)
            line = (record.hex(), on.hex())
            parties = [act for act, made in zip(acts, links) if line in made]
            if len(parties) < 2 or parties[0] is not acts[0]:
                continue
            own = self.author.fact["unit_path"]
            for party, appointment, _ in (signer for act in parties for signer in act.signers):
                if party != "witness" and appointment.fact["unit_path"][: len(own)] != own:
                    refuse(self.part, "its author does not stand above all parties")
            standing = [act.says["handover"][:8] for act, made in zip(acts, links) if made.get(line) == stands]
            self.decides.append((line, standing[0] if standing else "none of these", reason))
        if not self.decides:
            refuse(self.part, "it decides nothing between the acts")
        return {self.author.id}


def check_rulings(rulings):
    commits = [ruling.bytes for ruling in rulings]
    if commits != sorted(set(commits)):
        refuse("rulings", "doubled or out of order")
    lines = [line for ruling in rulings for line, _, _ in ruling.decides]
    if len(lines) != len(set(lines)):
        refuse("rulings", "two on one line")


def corrects(act, first):
    """Whether an act is minutes of the same two parties that correct another."""
    units = lambda one: {one.says["giver"]["unit"], one.says["receiver"]["unit"]}
    return act.says["corrects"] == first.says["handover"] and units(act) == units(first)


def check_companions(acts):
    commits = [act.commit_bytes for act in acts[1:]]
    if commits != sorted(set(commits)):
        refuse("acts", "doubled or out of order")
    first, seen = acts[0], set()
    for act in acts:
        shared = things(act).keys() & things(first).keys()
        if act is not first and not shared and not corrects(act, first) and not corrects(first, act):
            refuse(act.part, "hands over none of the same things, and neither corrects the other")
        if act.says["handover"] in seen:
            refuse(act.part, "a handover twice")
        seen.add(act.says["handover"])


def check_needed(authority, grounds, nodes, commits):
    found = ledger_rule.needed(authority.all, grounds | {authority.network}, nodes, commits)
    for statement in authority.all:
        if statement.id not in found:
            refuse(statement.part, "nothing in the file rests on it")


def check(data, trusted):
    """What a file proves, in lines; raises `Refused` for the first part that does not hold."""
    if len(data) > BYTES_MAX:
        refuse("the file", "too long")
    try:
        text = data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        refuse("the file", "not UTF-8")
    file = parse(text, "the file")
    names = ["schema", "network", "acts", "rulings", "statements", "chains", "forks", "checkpoint"]
    schema, network, acts, rulings, statements, chains, forks, checkpoint = members(file, names, "the file")
    if schema != SCHEMA or one_form(file) + "\n" != text:
        refuse("the file", f"not {SCHEMA}, or not in its one form")
    raw = hexadecimal(network, "network")
    try:
        entries = Entries(raw, chains)
        authority = Authority(network, listing(statements, "statements"), entries, read_forks(forks, entries))
        acts = [Act(act, raw, entries, number) for number, act in enumerate(listing(acts, "acts"), 1)]
        if not acts:
            refuse("the file", "no act")
        rulings = [Ruling(text, raw, entries, n) for n, text in enumerate(listing(rulings, "rulings"), 1)]
        authority.trust(trusted)
        entries.check_tips(raw)
        checkpoint = Checkpoint(checkpoint, raw, entries)
        for statement in authority.all:
            statement.check()
        authority.check_effect()
        authority.check_cosigners(checkpoint.nodes)
        acted = [act.check(authority) for act in acts]
        check_companions(acts)
        acted += [ruling.check(authority, acts) for ruling in rulings]
        check_rulings(rulings)
        commits = [commit for act in acts for commit in [act.commit] + [one for one, _ in act.carriers]]
        commits = {commit_id(commit) for commit in commits + [ruling.commit for ruling in rulings]}
        check_needed(authority, set().union(*acted), entries.nodes | checkpoint.nodes, commits)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        refuse("the file", f"a part of another shape ({error!r})")
    return describe(authority, acts, rulings, forks, checkpoint)


def describe(authority, acts, rulings, forks, checkpoint):
    def moment(ms):
        return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")

    lines = []
    for number, act in enumerate(acts):
        says = act.says
        word = "handover"
        if number and corrects(act, acts[0]):
            word = "CORRECTED by handover"
        elif number:
            word = "corrects handover" if corrects(acts[0], act) else "also handed over, handover"
        lines.append(f"{word} {says['handover'][:8]}: {says['giver']['name']} to {says['receiver']['name']}, "
                     f"minutes of {says['date']}, {len(says['lines'])} lines, entered {moment(min(act.times))}")
        for party, appointment, time in act.signers:
            fact = appointment.fact
            lines.append(f"  {party}: {fact['person']}, {fact['role']} ({fact['basis']}), entered {moment(time)}")
            if remark := act.remarks.get(party):
                lines.append(f"    remarks: {remark}")
            if authority.cuts_on(appointment):
                lines.append("    ended later; this stands below that point")
        if act.others:
            lines.append(f"  not checked: {act.others} signatures of other algorithms")
    for ruling in rulings:
        fact = ruling.author.fact
        for (subject, _), stands, reason in ruling.decides:
            lines.append(f"  ruled by {fact['person']}, {fact['role']}, on {subject[:8]}: handover {stands} stands ({reason})")
    if checkpoint.cosigned:
        lines.append(f"  held by {authority.name_of(checkpoint.node)} at {moment(max(checkpoint.times))}")
    for node, time in checkpoint.cosigned.items():
        lines.append(f"  co-signed by {authority.name_of(node)} ({node[:8]}) at {moment(time * 1000)}")
    if not checkpoint.cosigned:
        lines.append("  no co-signed checkpoint")
    open_lines = set().union(*(things(act).keys() & things(acts[0]).keys() for act in acts[1:]))
    open_lines -= {line for ruling in rulings for line, _, _ in ruling.decides}
    if open_lines:
        lines.append(f"  CONTESTED: {len(open_lines)} lines on which nobody has ruled")
    signatures = sum(len(s.signatures) for s in authority.all) + sum(len(a.signers) for a in acts)
    lines.append(f"  {signatures} JWS signatures checked, each by itself; issuers lead to the root of "
                 f"{authority.genesis.says['name']}")
    if forks:
        lines.append(f"  {len(forks)} of the feeds shown are forked; what the file shows of them counts all the same")
    return lines


def trusted_of(given):
    """Ids in a root argument: digits, a file with one in each line, or the founding statement (network.jws)."""
    if re.fullmatch("[0-9a-f]{64}", given):
        return [given]
    text = Path(given).read_text(encoding="utf-8")
    if text.startswith("{"):
        payload, _ = read_jws(parse(text, given), given)
        return [sha256(payload).hex()]
    found = [line.split("#")[0].strip() for line in text.splitlines()]
    return [hexadecimal(line, given).hex() for line in found if line]


def main(arguments=None):
    summary, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="a proof")
    parser.add_argument("--root", action="append", required=True, metavar="KEY|NETWORK|FILE",
                        help="what you trust: the network id, a root key, or a file with them; may be repeated")
    options = parser.parse_args(arguments)
    try:
        trusted = [one for given in options.root for one in trusted_of(given)]
    except (OSError, ValueError, Refused) as error:
        parser.error(f"--root: {error}")
    failed = 0
    for file in options.files:
        try:
            print(f"{file}: in order", *check(file.read_bytes(), trusted), sep="\n  ")
        except (OSError, Refused) as error:
            failed += 1
            print(f"{file}: NOT in order\n  {error}")
    print(f"{len(options.files) - failed} of {len(options.files)} in order")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
