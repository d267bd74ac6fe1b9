"""The verdict rule over the statements of a proof, written from the numbered rules of crates/soxa-ledger/src/authority.rs.

Plain and slow, over plain values, and without any part of soxa. It knows no file and no signature: `verify_proof.py` reads the
statements, checks what is signed, and asks here what has effect. A proof shows that everything in it has effect, so that an
answer is yes or no: what is pending for want of something is no.

A statement has `id`, `kind`, `says` (its payload), `signers`, and `positions`: where it stands, each a `Position`.
"""

from collections import namedtuple

Position = namedtuple("Position", "feed seq own time node")  # an entry: feed, number, hash, node time, node

DEPTH_MAX = 16  # APPOINTMENT_DEPTH_MAX
ROOT = 1_000  # how high the root is above everything


def reaches(reach, own, other):
    beyond = len(other) - len(own)
    if other[: len(own)] != own:
        return False
    return {"unit": beyond == 0, "children": beyond in (0, 1), "subtree": True}.get(reach, False)


def in_term(fact, at):
    return fact["from"] <= at.time and (fact["until"] is None or at.time < fact["until"])


def names(statement):
    """The last entry that stands of each feed, as a cut, a compromise or a change of root keys names it."""
    if statement.kind not in ("cut/1", "compromise/1", "roots/1"):
        return {}
    return {one["feed"]: (one["seq"], one["hash"]) for one in statement.says["fact"]["stands"]}


class Rule:
    """What has effect. `forks` gives the number of the lowest fork of a feed, `links` the hash before each entry that is shown."""

    def __init__(self, statements, forks, links):
        self.genesis, self.forks, self.links = statements[0], forks, links
        self.known = {}
        self.entered = {self.genesis.id: self.genesis}
        # Rule 17, from the ground up: what counts names what else counts.
        rest = statements[1:]
        while True:
            more = [s for s in rest if any(map(self.counts, s.positions))]
            if not more:
                break
            self.entered.update((s.id, s) for s in more)
            rest = [s for s in rest if s.id not in self.entered]
        self.roles = {role["role"]: role for role in self.genesis.says["roles"]}
        # Rule 21.
        self.sets = [(self.genesis, self.genesis.says)]
        while True:
            last, says = self.sets[-1]
            after = [s for s in self.all("roots/1") if s.says["under"] is None
                     and s.says["fact"]["follows"] == last.id and self.by_quorum(s, says)]
            if not after:
                break
            change = min(after, key=lambda s: s.id)
            self.sets.append((change, change.says["fact"]))

    def all(self, kind):
        return [s for s in self.entered.values() if s.kind == kind]

    def find(self, named, *kinds):
        found = self.entered.get(named)
        return found if found is not None and found.kind in kinds else None

    def at(self, statement):
        return [at for at in statement.positions if self.counts(at)]

    def counts(self, at):
        """Rule 17."""
        fork = self.forks.get(at.feed)
        if fork is None or at.seq < fork:
            return True
        named = (names(s).get(at.feed) for s in self.entered.values())
        return any(self.stands(at, last) for last in named if last)

    def stands(self, at, last):
        """Rule 14: by one named entry."""
        fork, here = self.forks.get(at.feed), (at.seq, at.own)
        if fork is None or at.seq < fork:
            return at.seq < last[0] or here == last
        while last != here:
            if last[0] <= at.seq or (at.feed, *last) not in self.links:
                return False
            last = (last[0] - 1, self.links[at.feed, *last])
        return True

    # ---- statements

    def is_valid(self, named):
        if named not in self.known:
            statement = self.entered.get(named)
            self.known[named] = statement is not None and self.judge(statement)
        return self.known[named]

    def judge(self, statement):
        if statement is self.genesis:
            return self.by_quorum(statement, statement.says)
        kind, under = statement.kind, statement.says["under"]
        if kind == "roots/1":
            return any(statement is change for change, _ in self.sets)
        if kind not in ("appointment/1", "cut/1", "compromise/1", "admission/1", "invite/1", "adoption/1"):
            return False
        if kind == "appointment/1" and len(self.chain(statement)) >= DEPTH_MAX:
            return False
        if kind == "cut/1" and not self.target_fits(statement):
            return False
        if under is None:
            return self.by_root(statement)
        if kind == "admission/1" and self.find(under, "invite/1"):
            return self.is_invited(statement, self.entered[under])
        issuer = self.find(under, "appointment/1")
        if issuer is None or statement.signers != [issuer.says["fact"]["key"]]:
            return False
        in_force = any(self.in_force(issuer, at) for at in self.at(statement))
        return in_force and self.may_say(issuer, statement) and self.is_valid(under)

    def by_quorum(self, statement, says):
        return len(set(says["roots"]) & set(statement.signers)) >= says["quorum"]

    def by_root(self, statement):
        """Rules 5 and 22."""
        for number, (_, says) in enumerate(self.sets):
            if not self.by_quorum(statement, says):
                continue
            if number + 1 == len(self.sets):
                return bool(self.at(statement))
            kept = names(self.sets[number + 1][0])
            if any(at.feed in kept and self.stands(at, kept[at.feed]) for at in self.at(statement)):
                return True
        return False

    def may_say(self, issuer, statement):
        """Rule 8."""
        role = self.roles.get(issuer.says["fact"]["role"])
        fact = statement.says["fact"]
        kind = {"invite/1": "admission"}.get(statement.kind, statement.kind.split("/")[0])
        if role is None or kind not in role["statements"]:
            return False
        if statement.kind == "appointment/1" and fact["role"] not in role["appoints"]:
            return False
        return "unit_path" not in fact or reaches(role["reach"], issuer.says["fact"]["unit_path"], fact["unit_path"])

    def in_force(self, appointment, at):
        """Rule 9."""
        return in_term(appointment.says["fact"], at) and not self.excludes(appointment, at)

    def is_invited(self, admission, invite):
        """Rule 10."""
        stands = self.used_at(admission, invite)
        used = [(self.used_at(s, invite), s.id) for s in self.all("admission/1") if s.says["under"] == invite.id]
        first = min((use for use in used if use[0]), default=None)
        return self.is_valid(invite.id) and stands is not None and first == (stands, admission.id)

    def used_at(self, admission, invite):
        """The first position at which an admission stands under an invite."""
        says, fact = invite.says["fact"], admission.says["fact"]
        if admission.signers != [says["key"]] or any(fact[name] != says[name] for name in ("unit_path", "name")):
            return None
        at = [at for at in self.at(admission) if at.node == says["node"] and at.time < says["expires"]]
        at = [(at.time, at.feed, at.seq, at.own) for at in at if not self.excludes(invite, at)]
        return min(at, default=None)

    def chain(self, statement):
        """The appointments above a statement, the nearest first."""
        found, under = [], statement.says.get("under")
        invite = self.find(under, "invite/1") if statement.kind == "admission/1" else None
        if invite is not None:
            under = invite.says["under"]
        while under is not None and len(found) < DEPTH_MAX:
            issuer = self.find(under, "appointment/1")
            if issuer is None:
                break
            found.append(under)
            under = issuer.says["under"]
        return found

    def height(self, issuer, over):
        """How far an issuer is above a statement; none when it is not."""
        if issuer is None:
            return ROOT
        chain = self.chain(over)
        return chain.index(issuer) + 1 if issuer in chain else None

    # ---- cuts

    def target_fits(self, cut):
        """Rule 12."""
        target = self.find(cut.says["fact"]["target"], "appointment/1", "admission/1", "invite/1")
        return target is not None and self.height(cut.says["under"], target) is not None

    def counting(self, target):
        """Rule 13: the cuts and compromises that count against a statement, or against a founding node's key."""
        if isinstance(target, str):
            key = target
        else:
            fact = target.says["fact"]
            key = {"appointment/1": fact.get("key"), "admission/1": fact.get("node")}.get(target.kind)
        found = []
        for cut in self.all("cut/1") + self.all("compromise/1"):
            fact, issuer = cut.says["fact"], cut.says["under"]
            if isinstance(target, str):
                height = ROOT if issuer is None and cut.kind == "compromise/1" and fact["key"] == key else None
            elif fact.get("target") == target.id or cut.kind == "compromise/1" and fact["key"] == key:
                height = self.height(issuer, target)
            else:
                height = None
            if height is not None and self.is_valid(cut.id):
                found.append((height, cut))
        highest = max((height for height, _ in found), default=None)
        return [cut for height, cut in found if height == highest]

    def excludes(self, target, at):
        """Rule 14."""
        last = (names(cut).get(at.feed) for cut in self.counting(target))
        return any(one is None or not self.stands(at, one) for one in last)

    # ---- nodes

    def ways(self, node):
        """Rule 15."""
        founding = [node] if node in self.genesis.says["nodes"] else []
        admissions = [s for s in self.all("admission/1") if s.says["fact"]["node"] == node]
        return founding + [s for s in admissions if self.is_valid(s.id)]

    def serves(self, node):
        """Rule 16: whether a node is admitted, and nothing has ended that."""
        return any(not self.counting(way) for way in self.ways(node))

    # ---- acts

    def permits(self, appointment, kind):
        patterns = self.roles.get(appointment.says["fact"]["role"], {"operations": []})["operations"]
        return kind in patterns or kind.split(".")[0] + ".*" in patterns

    def act(self, key, named, kinds, commits, positions):
        """Rules 18 to 20; why not, or none when the act has effect."""
        appointment = self.find(named, "appointment/1")
        at = [one for one in positions if self.counts(one)]
        if not at:
            return "nothing that counts carries it: it lies past a fork"
        if appointment is None or appointment.says["fact"]["key"] != key:
            return "its signer holds no such appointment"
        if any(self.is_adopted(one, kinds, appointment) for one in commits):
            return None
        if not self.is_valid(named):
            return "its signer's appointment has no effect"
        if not all(self.permits(appointment, kind) for kind in kinds):
            return "its signer's role does not allow it"
        if not any(in_term(appointment.says["fact"], one) for one in at):
            return "it lies outside the term of its signer's appointment"
        if not any(self.in_force(appointment, one) for one in at):
            return "its signer's appointment had been ended by a cut"
        admitted = (one for one in at if self.in_force(appointment, one))
        if not any(not self.excludes(way, one) for one in admitted for way in self.ways(one.node)):
            return "its node was not admitted there"
        return None

    def is_adopted(self, commit, kinds, appointment):
        """Rule 20: whether somebody above answers for a commit."""
        own = appointment.says["fact"]["unit_path"]
        for adoption in self.all("adoption/1"):
            if commit not in adoption.says["fact"]["commits"] or not self.is_valid(adoption.id):
                continue
            under = adoption.says["under"]
            if under is None:
                return True
            fact = self.entered[under].says["fact"]
            reach = self.roles.get(fact["role"], {"reach": ""})["reach"]
            above = under in self.chain(appointment) or reaches(reach, fact["unit_path"], own)
            if above and all(self.permits(self.entered[under], kind) for kind in kinds):
                return True
        return False


def needed(statements, grounds, nodes, commits):
    """The ids of the statements that acts rest on: what a file holds, and nothing else (crates/soxa-ledger/PROOF.md)."""
    by_id = {statement.id: statement for statement in statements}
    found, keys, more = set(), set(nodes), set(grounds)
    while more:
        while more:
            statement = by_id.get(more.pop())
            if statement is None or statement.id in found:
                continue
            found.add(statement.id)
            if statement.says.get("under") is not None:
                more.add(statement.says["under"])
            keys |= {"appointment/1": {statement.says.get("fact", {}).get("key")},
                     "admission/1": {statement.says.get("fact", {}).get("node")}}.get(statement.kind, set())
        for statement in statements:
            fact = statement.says.get("fact", {})
            bears_on = {
                "admission/1": lambda: fact["node"] in nodes,
                "cut/1": lambda: fact["target"] in found,
                "compromise/1": lambda: fact["key"] in keys,
                "roots/1": lambda: True,
                "adoption/1": lambda: bool(set(fact["commits"]) & commits),
            }.get(statement.kind, lambda: False)
            if statement.id not in found and bears_on():
                more.add(statement.id)
    return found
