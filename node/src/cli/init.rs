//! `soxa init`: a new province's ledger, or a node of an existing one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use soxa_lang::text;
use soxa_ledger::role::default_table;
use soxa_ledger::statement::{Appointment, Fact, Genesis, Issuer, UnsignedStatement};
use soxa_ledger::time::Term;
use soxa_ledger::{NetworkId, PublicKey, RecordId, SecretKey, Statement, Verified};

use super::acting::ConsentArgs;
use super::network::root_listing;
use super::statements::{assemble, unlock_roots};
use super::{ReadArgs, Session};
use crate::clock;
use crate::config::EXAMPLE;
use crate::exit::Exit;
use crate::failure::{Failure, Sentence};
use crate::home::read_genesis;
use crate::key_store::{self, LockedKey};
use crate::output::{Cell, Sheet, short};

/// What can be started.
#[derive(Debug, Subcommand)]
pub enum InitCommand {
    /// A province: its genesis, first officials and first node.
    #[command(after_help = r#"
        soxa init province --name "Tỉnh Sơn La" --code 14 --root-key root1.pem root2.pem --quorum 2
            --head-key head.pem --head-name "Lò Thị Lan""#)]
    Province(ProvinceArgs),
    /// A node of an existing network.
    #[command(after_help = "soxa init node --network network.jws --peer /ip4/203.0.113.5/tcp/7470")]
    Node(NodeArgs),
}

/// `soxa init province`.
#[derive(Debug, Args)]
pub struct ProvinceArgs {
    /// The province's name.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Its official code.
    #[arg(long, value_name = "CODE")]
    code: String,
    /// The root key files that sign now.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    root_key: Vec<PathBuf>,
    /// Root keys whose holders are absent.
    #[arg(long, num_args = 1.., value_name = "KEY|FILE")]
    absent_root: Vec<String>,
    /// How many root keys a root statement needs; all that sign now when not given.
    #[arg(long, value_name = "NUMBER")]
    quorum: Option<u32>,
    /// The head of the province: public key or key file that tells it.
    #[arg(long, value_name = "KEY|FILE")]
    head_key: String,
    /// The head's name.
    #[arg(long, value_name = "NAME")]
    head_name: String,
    /// The province's operator.
    #[arg(long, value_name = "KEY|FILE", requires = "operator_name")]
    operator_key: Option<String>,
    /// The operator's name.
    #[arg(long, value_name = "NAME", requires = "operator_key")]
    operator_name: Option<String>,
    /// The decision.
    #[arg(long, default_value = "", value_name = "TEXT")]
    basis: String,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    read: ReadArgs,
}

/// `soxa init node`.
#[derive(Debug, Args)]
pub struct NodeArgs {
    /// The network's genesis statement: `network.jws` of any of its nodes.
    #[arg(long, value_name = "FILE")]
    network: PathBuf,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    read: ReadArgs,
}

/// What goes into the new configuration.
#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// Addresses to listen on.
    #[arg(long, num_args = 1.., value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Addresses at which others reach it.
    #[arg(long, num_args = 1.., value_name = "ADDRESS")]
    announce: Vec<String>,
    /// Addresses of other nodes.
    #[arg(long, num_args = 1.., value_name = "ADDRESS")]
    peer: Vec<String>,
}

impl PlaceArgs {
    /// The example configuration with these addresses in it.
    fn config(&self) -> Result<String, Failure> {
        self.config_with(&[])
    }

    /// The same with more addresses of other nodes behind those given.
    ///
    /// # Errors
    /// When an address makes no configuration.
    pub fn config_with(&self, more_peers: &[String]) -> Result<String, Failure> {
        let peers: Vec<String> = self.peer.iter().chain(more_peers).cloned().collect();
        let list = |addresses: &[String]| {
            toml::Value::Array(addresses.iter().cloned().map(toml::Value::String).collect()).to_string()
        };
        let line = |line: &str| match line.split_once(" = ") {
            Some(("listen", _)) if !self.listen.is_empty() => format!("listen = {}\n", list(&self.listen)),
            Some(("announce", _)) if !self.announce.is_empty() => {
                format!("announce = {}\n", list(&self.announce))
            }
            Some(("peers", _)) if !peers.is_empty() => format!("peers = {}\n", list(&peers)),
            _ => format!("{line}\n"),
        };
        let config: String = EXAMPLE.lines().map(line).collect();
        crate::config::Config::parse(std::path::Path::new("config.toml"), &config)?;
        Ok(config)
    }
}

/// Does what the command says.
pub fn run(command: InitCommand, session: &Session) -> Result<Exit, Failure> {
    if session.home.is_initialised() {
        return Err(Failure::new(
            "errors.already_initialised",
            &[("dir", &session.home.dir().display())],
        ));
    }
    match command {
        InitCommand::Province(args) => province(&args, session),
        InitCommand::Node(args) => node(&args, session),
    }
}

fn province(args: &ProvinceArgs, session: &Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let head = key_store::public_key(&args.head_key)?;
    let operator = args
        .operator_key
        .as_deref()
        .map(key_store::public_key)
        .transpose()?;
    let roots = root_keys(args, session)?;
    let quorum = args
        .quorum
        .unwrap_or(u32::try_from(args.root_key.len()).unwrap_or(u32::MAX));
    if quorum == 0 || quorum as usize > args.root_key.len() {
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("quorum", &quorum), ("keys", &args.root_key.len())];
        let reason = Sentence::new("cli.usage.quorum", &values);
        return Err(Failure::usage(lang, "init province", &reason));
    }
    let config = args.place.config()?;
    let node = key_store::generate()?;
    let mut salt = [0; 32];
    key_store::fill_random(&mut salt)?;
    let now = clock::now();
    let genesis = Genesis {
        name: args.name.clone(),
        code: args.code.clone(),
        roots,
        quorum,
        roles: default_table(),
        nodes: vec![node.node()],
        created: now,
        salt,
    };
    let mut first = vec![(head, args.head_name.as_str(), "unit_head")];
    if let (Some(key), Some(name)) = (operator, args.operator_name.as_deref()) {
        first.push((key, name, "province_operator"));
    }
    let mut preview = vec![text(
        lang,
        "preview.genesis",
        &[
            ("name", &genesis.name),
            ("code", &genesis.code),
            ("roots", &genesis.roots.len()),
            ("quorum", &genesis.quorum),
        ],
    )];
    for (key, name, role) in &first {
        let role = text(lang, &format!("records.role.{role}"), &[]);
        let values: [(&str, &dyn std::fmt::Display); 4] = [
            ("person", name),
            ("key", &short(&key.to_string())),
            ("role", &role),
            ("unit", &args.name),
        ];
        preview.push(text(lang, "preview.first_official", &values));
    }
    let keys = unlock_roots(session, &args.root_key, args.consent, &preview)?;
    let genesis = assemble(&UnsignedStatement::genesis(&genesis), &keys)?;
    let network = genesis.network;
    let statements = first
        .iter()
        .map(|(key, name, role)| first_appointment(network, &keys, *key, name, role, &args.basis, now))
        .collect::<Result<Vec<_>, Failure>>()?;
    session.home.create(genesis.bytes(), &config, &node)?;
    let appointments: Vec<String> = statements
        .iter()
        .map(|statement| statement.id.to_string())
        .collect();
    crate::daemon::found(&session.home, statements)?;
    let mut sheet = created(session, network, &node, &genesis);
    sheet.field(
        "head_appointment",
        "cli.label.head_appointment",
        Cell::option(appointments.first().cloned()),
    );
    sheet.field(
        "operator_appointment",
        "cli.label.operator_appointment",
        Cell::option(appointments.get(1).cloned()),
    );
    args.read.print_sheet(lang, &sheet)?;
    Ok(Exit::Done)
}

/// The root keys, ascending, each once. Their files tell them, so that the whole can be shown before any opens.
fn root_keys(args: &ProvinceArgs, session: &Session) -> Result<Vec<PublicKey>, Failure> {
    let mut roots = Vec::new();
    for file in &args.root_key {
        let public = LockedKey::read(file)?.public().ok_or_else(|| {
            let given = file.display();
            let reason = Sentence::new("cli.usage.key_file_silent", &[]).say(session.lang);
            Failure::new(
                "errors.not_a_public_key",
                &[("given", &given), ("reason", &reason)],
            )
        })?;
        roots.push(public);
    }
    for given in &args.absent_root {
        roots.push(key_store::public_key(given)?);
    }
    roots.sort_unstable();
    let given = roots.len();
    roots.dedup();
    if roots.len() < given {
        let reason = Sentence::new("cli.usage.root_key_twice", &[]);
        return Err(Failure::usage(session.lang, "init province", &reason));
    }
    Ok(roots)
}

fn first_appointment(
    network: NetworkId,
    keys: &[SecretKey],
    key: PublicKey,
    person: &str,
    role: &str,
    basis: &str,
    now: soxa_ledger::Time,
) -> Result<Verified<Statement>, Failure> {
    let province: RecordId = network.province_unit();
    let appointment = Appointment {
        key,
        person: person.to_owned(),
        record: None,
        unit_path: vec![province],
        role: role.parse().map_err(|e| Failure::internal("init", e))?,
        term: Term {
            from: now,
            until: None,
        },
        basis: basis.to_owned(),
    };
    let unsigned = UnsignedStatement::new(network, Issuer::Root, &Fact::Appointment(appointment), &[]);
    assemble(&unsigned, keys)
}

fn node(args: &NodeArgs, session: &Session) -> Result<Exit, Failure> {
    let (network, genesis) = read_genesis(&args.network)?;
    let config = args.place.config()?;
    let key = key_store::generate()?;
    session.home.create(genesis.bytes(), &config, &key)?;
    args.read
        .print_sheet(session.lang, &created(session, network, &key, &genesis))?;
    let name = genesis
        .as_genesis()
        .map(|genesis| genesis.name.clone())
        .unwrap_or_default();
    let hint = text(
        session.lang,
        "cli.answer.ask_for_admission",
        &[("node", &key.node()), ("name", &name)],
    );
    crate::output::say(&hint);
    Ok(Exit::Done)
}

fn created(session: &Session, network: NetworkId, node: &SecretKey, genesis: &Verified<Statement>) -> Sheet {
    let mut sheet = Sheet::new("init");
    sheet
        .field(
            "home",
            "cli.label.home",
            Cell::text(session.home.dir().display().to_string()),
        )
        .field("network", "cli.status.network", Cell::text(network.to_string()))
        .field(
            "province_unit",
            "cli.label.province_unit",
            Cell::text(network.province_unit().to_string()),
        )
        .field("node", "cli.label.node_key", Cell::text(node.node().to_string()))
        .list(root_listing(session.lang, genesis));
    sheet
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    #[test]
    fn addresses_go_into_the_configuration() {
        let place = PlaceArgs {
            listen: vec!["/ip4/127.0.0.1/tcp/0".to_owned()],
            announce: vec!["/ip4/203.0.113.5/tcp/7470".to_owned()],
            peer: vec!["/dns4/a\"b/tcp/1".to_owned(), "/ip4/127.0.0.1/tcp/2".to_owned()],
        };
        let config = Config::parse(Path::new("config.toml"), &place.config().unwrap()).unwrap();
        assert_eq!(
            (config.listen, config.announce, config.peers),
            (place.listen, place.announce, place.peer)
        );
        let plain = PlaceArgs {
            listen: Vec::new(),
            announce: Vec::new(),
            peer: Vec::new(),
        };
        assert_eq!(plain.config().unwrap(), EXAMPLE);
    }
}
