//! The JSON of statements: payloads and protected headers, each accepted in exactly the form that we write.
//! So unknown and doubled members, another order, white space and needless escapes are refused, and any two programs
//! read the same bytes alike. Inside a fact of an unknown kind nothing is looked at.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::ids::{CommitId, NetworkId, NodeKey, PublicKey, RecordId, StatementId};
use crate::jws::EDDSA;
use crate::limits::{
    ADOPTED_COMMITS_MAX, CUT_POSITIONS_MAX, FOUNDING_NODES_MAX, KNOWN_TIPS_MAX, ROLES_MAX, ROOT_KEYS_MAX,
};
use crate::role::{Permissions, Reach, Role, RoleTable, StatementKind};
use crate::statement::{
    Admission, Adoption, Appointment, Compromise, Cut, CutReason, Fact, FeedPosition, Genesis, Invite,
    Issuer, RootChange,
};
use crate::time::{Term, Time};

mod parts;

use self::parts::{
    Outcome, WirePosition, canonical, id, ids, json, json_text, positions, text, unit_path, wire_position,
};

const TYPE: &str = "soxa-statement";

/// A decoded payload.
pub(crate) struct Payload {
    pub network: Option<NetworkId>,
    pub issuer: Issuer,
    pub fact: Fact,
    pub knew: Vec<FeedPosition>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireHeader {
    alg: String,
    kid: String,
    typ: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireGenesis {
    soxa: String,
    name: String,
    code: String,
    roots: Vec<String>,
    quorum: u32,
    roles: Vec<WirePermissions>,
    nodes: Vec<String>,
    created: u64,
    salt: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WirePermissions {
    role: String,
    operations: Vec<String>,
    statements: Vec<String>,
    appoints: Vec<String>,
    reach: String,
}

/// The envelope of every statement but the genesis. The fact stays raw until its kind is known, so that a doubled
/// member inside it is still seen.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireStatement {
    soxa: String,
    network: String,
    under: Option<String>,
    knew: Vec<WirePosition>,
    fact: Box<RawValue>,
}

/// Any payload, to see its kind.
#[derive(Deserialize)]
struct WireKind {
    soxa: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAppointment {
    key: String,
    person: String,
    record: Option<String>,
    unit_path: Vec<String>,
    role: String,
    from: u64,
    until: Option<u64>,
    basis: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCut {
    target: String,
    reason: String,
    remark: String,
    stands: Vec<WirePosition>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCompromise {
    key: String,
    remark: String,
    stands: Vec<WirePosition>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAdmission {
    node: String,
    unit_path: Vec<String>,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireInvite {
    key: String,
    node: String,
    unit_path: Vec<String>,
    name: String,
    expires: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAdoption {
    commits: Vec<String>,
    remark: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRoots {
    roots: Vec<String>,
    quorum: u32,
    follows: String,
    remark: String,
    stands: Vec<WirePosition>,
}

pub(crate) fn encode_header(key: &PublicKey) -> Vec<u8> {
    json(&WireHeader {
        alg: EDDSA.to_owned(),
        kid: key.to_string(),
        typ: TYPE.to_owned(),
    })
}

pub(crate) fn decode_header(bytes: &[u8]) -> Outcome<PublicKey> {
    let header: WireHeader = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    if header.alg != EDDSA {
        return Err(format!("alg is {:?}, not {EDDSA}", header.alg));
    }
    if header.typ != TYPE {
        return Err(format!("typ is {:?}, not {TYPE}", header.typ));
    }
    let key = PublicKey(id(&header.kid, "kid")?);
    canonical(bytes, &encode_header(&key))?;
    Ok(key)
}

pub(crate) fn encode_genesis(genesis: &Genesis) -> Vec<u8> {
    json(&WireGenesis {
        soxa: "genesis/1".to_owned(),
        name: genesis.name.clone(),
        code: genesis.code.clone(),
        roots: genesis.roots.iter().map(ToString::to_string).collect(),
        quorum: genesis.quorum,
        roles: genesis
            .roles
            .iter()
            .map(|(role, permissions)| wire_role(role, permissions))
            .collect(),
        nodes: genesis.nodes.iter().map(ToString::to_string).collect(),
        created: genesis.created.0,
        salt: HEXLOWER.encode(&genesis.salt),
    })
}

pub(crate) fn encode(network: NetworkId, issuer: Issuer, fact: &Fact, knew: &[FeedPosition]) -> Vec<u8> {
    if let Fact::Genesis(genesis) = fact {
        return encode_genesis(genesis);
    }
    let (kind, fact) = fact_text(fact);
    let Ok(fact) = RawValue::from_string(fact) else {
        return Vec::new();
    };
    json(&WireStatement {
        soxa: kind.to_owned(),
        network: network.to_string(),
        under: match issuer {
            Issuer::Root => None,
            Issuer::Under(appointment) => Some(appointment.to_string()),
        },
        knew: knew.iter().map(wire_position).collect(),
        fact,
    })
}

/// The kind of a fact, and its JSON.
fn fact_text(fact: &Fact) -> (&str, String) {
    match fact {
        // The genesis has no envelope.
        Fact::Genesis(_) => ("genesis/1", "{}".to_owned()),
        Fact::Unknown { kind } => (kind.as_str(), "{}".to_owned()),
        Fact::Appointment(a) => (
            "appointment/1",
            json_text(&WireAppointment {
                key: a.key.to_string(),
                person: a.person.clone(),
                record: a.record.map(|record| record.to_string()),
                unit_path: a.unit_path.iter().map(ToString::to_string).collect(),
                role: a.role.to_string(),
                from: a.term.from.0,
                until: a.term.until.map(|t| t.0),
                basis: a.basis.clone(),
            }),
        ),
        Fact::Cut(cut) => (
            "cut/1",
            json_text(&WireCut {
                target: cut.target.to_string(),
                reason: reason_word(cut.reason).to_owned(),
                remark: cut.remark.clone(),
                stands: cut.stands.iter().map(wire_position).collect(),
            }),
        ),
        Fact::Compromise(c) => (
            "compromise/1",
            json_text(&WireCompromise {
                key: c.key.to_string(),
                remark: c.remark.clone(),
                stands: c.stands.iter().map(wire_position).collect(),
            }),
        ),
        Fact::Admission(a) => (
            "admission/1",
            json_text(&WireAdmission {
                node: a.node.to_string(),
                unit_path: a.unit_path.iter().map(ToString::to_string).collect(),
                name: a.name.clone(),
            }),
        ),
        Fact::Invite(i) => (
            "invite/1",
            json_text(&WireInvite {
                key: i.key.to_string(),
                node: i.node.to_string(),
                unit_path: i.unit_path.iter().map(ToString::to_string).collect(),
                name: i.name.clone(),
                expires: i.expires.0,
            }),
        ),
        Fact::Roots(change) => (
            "roots/1",
            json_text(&WireRoots {
                roots: change.roots.iter().map(ToString::to_string).collect(),
                quorum: change.quorum,
                follows: change.follows.to_string(),
                remark: change.remark.clone(),
                stands: change.stands.iter().map(wire_position).collect(),
            }),
        ),
        Fact::Adoption(a) => (
            "adoption/1",
            json_text(&WireAdoption {
                commits: a.commits.iter().map(ToString::to_string).collect(),
                remark: a.remark.clone(),
            }),
        ),
    }
}

pub(crate) fn decode(bytes: &[u8]) -> Outcome<Payload> {
    let kind: WireKind = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    if kind.soxa == "genesis/1" {
        let genesis = read_genesis(bytes)?;
        canonical(bytes, &encode_genesis(&genesis))?;
        let fact = Fact::Genesis(genesis);
        return Ok(Payload {
            network: None,
            issuer: Issuer::Root,
            fact,
            knew: Vec::new(),
        });
    }
    let wire: WireStatement = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    // The envelope here; a fact of a known kind below.
    canonical(bytes, &json(&wire))?;
    let raw = wire.fact.get();
    let fact = match wire.soxa.as_str() {
        "appointment/1" => Fact::Appointment(read_appointment(raw)?),
        "cut/1" => Fact::Cut(read_cut(raw)?),
        "compromise/1" => Fact::Compromise(read_compromise(raw)?),
        "admission/1" => Fact::Admission(read_admission(raw)?),
        "invite/1" => Fact::Invite(read_invite(raw)?),
        "roots/1" => Fact::Roots(read_roots(raw)?),
        "adoption/1" => Fact::Adoption(read_adoption(raw)?),
        kind => Fact::Unknown {
            kind: text(kind.to_owned(), "soxa")?,
        },
    };
    if !matches!(fact, Fact::Unknown { .. }) {
        canonical(raw.as_bytes(), fact_text(&fact).1.as_bytes())?;
    }
    Ok(Payload {
        network: Some(NetworkId(id(&wire.network, "network")?)),
        issuer: match wire.under {
            None => Issuer::Root,
            Some(under) => Issuer::Under(StatementId(id(&under, "under")?)),
        },
        fact,
        knew: positions(wire.knew, KNOWN_TIPS_MAX, "knew")?,
    })
}

fn read_genesis(bytes: &[u8]) -> Outcome<Genesis> {
    let wire: WireGenesis = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    let roots = root_keys(&wire.roots, wire.quorum)?;
    let nodes = ids(&wire.nodes, FOUNDING_NODES_MAX, "nodes", NodeKey)?;
    for node in &nodes {
        node.public().check().map_err(|e| e.to_string())?;
    }
    if wire.roles.len() > ROLES_MAX || !wire.roles.is_sorted_by(|a, b| a.role < b.role) {
        return Err("roles: too many or not in ascending order".to_owned());
    }
    let roles = wire
        .roles
        .into_iter()
        .map(read_role)
        .collect::<Outcome<RoleTable>>()?;
    Ok(Genesis {
        name: text(wire.name, "name")?,
        code: text(wire.code, "code")?,
        roots,
        quorum: wire.quorum,
        roles,
        nodes,
        created: Time(wire.created),
        salt: id(&wire.salt, "salt")?,
    })
}

fn wire_role(role: &Role, permissions: &Permissions) -> WirePermissions {
    WirePermissions {
        role: role.to_string(),
        operations: permissions
            .operations
            .iter()
            .map(|p| p.as_str().to_owned())
            .collect(),
        statements: permissions
            .statements
            .iter()
            .map(|s| s.as_str().to_owned())
            .collect(),
        appoints: permissions.appoints.iter().map(ToString::to_string).collect(),
        reach: permissions.reach.as_str().to_owned(),
    }
}

fn read_role(wire: WirePermissions) -> Outcome<(Role, Permissions)> {
    let words = |field: &str, count: usize| {
        if count > ROLES_MAX {
            Err(format!("role {}: too many {field}", wire.role))
        } else {
            Ok(())
        }
    };
    words("operations", wire.operations.len())?;
    words("statements", wire.statements.len())?;
    words("appoints", wire.appoints.len())?;
    let role: Role = wire
        .role
        .parse()
        .map_err(|_| format!("{:?} names no role", wire.role))?;
    let operations = wire
        .operations
        .iter()
        .map(|p| p.parse().map_err(|_| format!("{p:?} names no operations")))
        .collect::<Outcome<_>>()?;
    let statements = wire
        .statements
        .iter()
        .map(|s| {
            StatementKind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == s)
                .ok_or_else(|| format!("{s:?} names no statement"))
        })
        .collect::<Outcome<_>>()?;
    let appoints = wire
        .appoints
        .iter()
        .map(|r| r.parse().map_err(|_| format!("{r:?} names no role")))
        .collect::<Outcome<_>>()?;
    let reach = [Reach::Unit, Reach::Children, Reach::Subtree]
        .into_iter()
        .find(|reach| reach.as_str() == wire.reach)
        .ok_or_else(|| format!("{:?} is no reach", wire.reach))?;
    Ok((
        role,
        Permissions {
            operations,
            statements,
            appoints,
            reach,
        },
    ))
}

fn read_appointment(raw: &str) -> Outcome<Appointment> {
    let wire: WireAppointment = serde_json::from_str(raw).map_err(|e| e.to_string())?;
    let key = PublicKey(id(&wire.key, "key")?);
    key.check().map_err(|e| e.to_string())?;
    let term = Term {
        from: Time(wire.from),
        until: wire.until.map(Time),
    };
    if term.until.is_some_and(|until| until <= term.from) {
        return Err("a term that ends before it begins".to_owned());
    }
    Ok(Appointment {
        key,
        person: text(wire.person, "person")?,
        record: match &wire.record {
            None => None,
            Some(record) => Some(RecordId(id(record, "record")?)),
        },
        unit_path: unit_path(&wire.unit_path)?,
        role: wire
            .role
            .parse()
            .map_err(|_| format!("{:?} names no role", wire.role))?,
        term,
        basis: text(wire.basis, "basis")?,
    })
}

fn read_cut(raw: &str) -> Outcome<Cut> {
    let wire: WireCut = serde_json::from_str(raw).map_err(|e| e.to_string())?;
    Ok(Cut {
        target: StatementId(id(&wire.target, "target")?),
        reason: [
            CutReason::Retirement,
            CutReason::Transfer,
            CutReason::Revocation,
            CutReason::Compromise,
        ]
        .into_iter()
        .find(|reason| reason_word(*reason) == wire.reason)
        .ok_or_else(|| format!("{:?} is no reason for a cut", wire.reason))?,
        remark: text(wire.remark, "remark")?,
        stands: positions(wire.stands, CUT_POSITIONS_MAX, "stands")?,
    })
}

fn read_compromise(raw: &str) -> Outcome<Compromise> {
    let wire: WireCompromise = serde_json::from_str(raw).map_err(|e| e.to_string())?;
    Ok(Compromise {
        key: PublicKey(id(&wire.key, "key")?),
        remark: text(wire.remark, "remark")?,
        stands: positions(wire.stands, CUT_POSITIONS_MAX, "stands")?,
    })
}

fn read_admission(raw: &str) -> Outcome<Admission> {
    let wire: WireAdmission = serde_json::from_str(raw).map_err(|e| e.to_string())?;
    let node = NodeKey(id(&wire.node, "node")?);
    node.public().check().map_err(|e| e.to_string())?;
    Ok(Admission {
        node,
        unit_path: unit_path(&wire.unit_path)?,
        name: text(wire.name, "name")?,
    })
}

fn read_invite(raw: &str) -> Outcome<Invite> {
    let wire: WireInvite = serde_json::from_str(raw).map_err(|e| e.to_string())?;
    let key = PublicKey(id(&wire.key, "key")?);
    let node = NodeKey(id(&wire.node, "node")?);
    for key in [key, node.public()] {
        key.check().map_err(|e| e.to_string())?;
    }
    Ok(Invite {
        key,
        node,
        unit_path: unit_path(&wire.unit_path)?,
        name: text(wire.name, "name")?,
        expires: Time(wire.expires),
    })
}

/// Root keys that get rights, and how many of them have to sign.
fn root_keys(wire: &[String], quorum: u32) -> Outcome<Vec<PublicKey>> {
    let roots = ids(wire, ROOT_KEYS_MAX, "roots", PublicKey)?;
    for key in &roots {
        key.check().map_err(|e| e.to_string())?;
    }
    if quorum == 0 || quorum as usize > roots.len() {
        return Err(format!("a quorum of {quorum} from {} root keys", roots.len()));
    }
    Ok(roots)
}

fn read_roots(raw: &str) -> Outcome<RootChange> {
    let wire: WireRoots = serde_json::from_str(raw).map_err(|e| e.to_string())?;
    Ok(RootChange {
        roots: root_keys(&wire.roots, wire.quorum)?,
        quorum: wire.quorum,
        follows: StatementId(id(&wire.follows, "follows")?),
        remark: text(wire.remark, "remark")?,
        stands: positions(wire.stands, CUT_POSITIONS_MAX, "stands")?,
    })
}

fn read_adoption(raw: &str) -> Outcome<Adoption> {
    let wire: WireAdoption = serde_json::from_str(raw).map_err(|e| e.to_string())?;
    Ok(Adoption {
        commits: ids(&wire.commits, ADOPTED_COMMITS_MAX, "commits", CommitId)?,
        remark: text(wire.remark, "remark")?,
    })
}

fn reason_word(reason: CutReason) -> &'static str {
    match reason {
        CutReason::Retirement => "retirement",
        CutReason::Transfer => "transfer",
        CutReason::Revocation => "revocation",
        CutReason::Compromise => "compromise",
    }
}
