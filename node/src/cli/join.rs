//! `soxa join`: sets up a node here and has it admitted, with an invite's token.
//!
//! The new node's key is kept beside the half-made home until the inviting node has answered, so that after a crash
//! the same key asks again and is welcome again.

use std::path::PathBuf;

use clap::Args;
use soxa_lang::{Lang, fingerprint, read_fingerprint, text};
use soxa_ledger::statement::{Fact, Invite, Issuer, UnsignedStatement};
use soxa_ledger::{NodeKey, SecretKey, Signed, Statement, StatementId, Verified};
use soxa_net::{JoinError, ask_as_guest};
use soxa_sync::{JoinRefusal, JoinRequest, JoinResponse, Token, TokenError};

use super::init::PlaceArgs;
use super::statements::assemble;
use super::{ReadArgs, Session};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::fingerprint::{node_words, of_invite};
use crate::home::{Home, read_seed, write_seed};
use crate::key_store;
use crate::output::{Cell, Sheet, say};
use crate::passphrase::Passphrases;

/// `soxa join`.
#[derive(Debug, Args)]
pub struct JoinArgs {
    /// The token; several words are taken as one.
    #[arg(required = true, num_args = 1.., value_name = "TOKEN")]
    token: Vec<String>,
    /// The words that the inviting person read out.
    #[arg(long, value_name = "WORDS")]
    fingerprint: Option<String>,
    /// Do not ask whether the words are the same.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    read: ReadArgs,
}

/// Does what the command says.
pub fn run(args: &JoinArgs, session: &Session) -> Result<Exit, Failure> {
    let lang = session.lang;
    let token: Token = args.token.concat().parse().map_err(|error| bad_token(&error))?;
    let home = &session.home;
    let pending = Pending { home };
    if home.is_initialised() {
        let (network, genesis) = home.network()?;
        if network != token.network {
            let name = genesis.as_genesis().map(|g| g.name.clone()).unwrap_or_default();
            return Err(Failure::new(
                "errors.other_network",
                &[("dir", &home.dir().display()), ("name", &name)],
            ));
        }
        if !pending.file().exists() {
            return Err(Failure::new(
                "errors.already_initialised",
                &[("dir", &home.dir().display())],
            ));
        }
    }
    agree(lang, args, &token.invite)?;
    let key = pending.key()?;
    let (genesis, invite) = look(&token, key.node())?;
    join(&token, &invite, key.node())?;
    if !home.is_initialised() {
        let config = args.place.config_with(&token.addresses)?;
        home.create(genesis.bytes(), &config, &key)?;
    }
    pending.done()?;
    let name = genesis.as_genesis().map(|g| g.name.clone()).unwrap_or_default();
    let mut sheet = Sheet::new("joined");
    sheet
        .field(
            "home",
            "cli.label.home",
            Cell::text(home.dir().display().to_string()),
        )
        .field("province", "cli.label.province", Cell::text(name))
        .field(
            "network",
            "cli.status.network",
            Cell::text(token.network.to_string()),
        )
        .field("name", "records.field.name", Cell::text(invite.name.clone()))
        .field("unit", "cli.label.unit_id", Cell::text(invite.unit().to_string()))
        .field("node", "cli.label.node_key", Cell::text(key.node().to_string()))
        .field(
            "fingerprint",
            "cli.label.node_fingerprint",
            Cell::text(node_words(lang, &key.node())),
        );
    args.read.print_sheet(lang, &sheet)?;
    say(&text(lang, "cli.answer.joined", &[]));
    Ok(Exit::Done)
}

fn bad_token(error: &TokenError) -> Failure {
    let error = match error {
        TokenError::NotAToken | TokenError::Malformed(_) => "errors.token_foreign",
        TokenError::Later => "errors.token_later",
        TokenError::CutOff => "errors.token_cut_off",
        TokenError::Mistyped => "errors.token_mistyped",
    };
    Failure::new(error, &[])
}

/// Shows the invite's words and has them compared.
fn agree(lang: Lang, args: &JoinArgs, invite: &StatementId) -> Result<(), Failure> {
    let ours = of_invite(invite);
    let words = fingerprint(lang, ours);
    if let Some(given) = &args.fingerprint {
        return if read_fingerprint(given) == Some(ours) {
            Ok(())
        } else {
            Err(Failure::new(
                "errors.fingerprint_differs",
                &[("here", &words), ("given", given)],
            ))
        };
    }
    say(&text(lang, "cli.ask.compare_words", &[("words", &words)]));
    if args.yes || Passphrases::new(lang, false).confirm()? {
        Ok(())
    } else {
        Err(Failure::new("errors.not_confirmed", &[]))
    }
}

/// The key of a node that is about to join.
struct Pending<'a> {
    home: &'a Home,
}

impl Pending<'_> {
    fn file(&self) -> PathBuf {
        self.home.dir().join("joining.key")
    }

    /// The key of an earlier attempt, or a new one that a later attempt will find.
    fn key(&self) -> Result<SecretKey, Failure> {
        let file = self.file();
        if file.exists() {
            return read_seed(&file);
        }
        let key = key_store::generate()?;
        self.home.make_folder()?;
        write_seed(&file, &key)?;
        Ok(key)
    }

    fn done(&self) -> Result<(), Failure> {
        let file = self.file();
        std::fs::remove_file(&file).map_err(|error| Failure::io(&file, &error))
    }
}

/// Asks what the token invites to. What comes back is believed only as far as the token's own hashes carry it.
fn look(token: &Token, node: NodeKey) -> Result<(Verified<Statement>, Invite), Failure> {
    let (genesis, invite) = match ask(token, &JoinRequest::Look { node })? {
        JoinResponse::Invited { genesis, invite } => (genesis, invite),
        JoinResponse::Refused(refusal) => return Err(refused(refusal, token, node)),
        JoinResponse::Welcome => return Err(untrue(token, &"welcome before it was asked to join")),
    };
    let verified = |bytes: &[u8]| {
        Signed::<Statement>::decode(bytes)
            .and_then(|signed| signed.verify(token.network))
            .map_err(|error| untrue(token, &error))
    };
    let genesis = verified(&genesis)?;
    if genesis.id.0 != token.network.0 || genesis.as_genesis().is_none() {
        return Err(untrue(token, &"another genesis than the token's"));
    }
    let statement = verified(&invite)?;
    match &statement.fact {
        Fact::Invite(invite)
            if statement.id == token.invite
                && invite.key == token.key.public()
                && invite.node == token.node =>
        {
            Ok((genesis, invite.clone()))
        }
        _ => Err(untrue(token, &"another invite than the token's")),
    }
}

fn join(token: &Token, invite: &Invite, node: NodeKey) -> Result<(), Failure> {
    let fact = Fact::Admission(invite.admission(node));
    // Nothing of it may change from one attempt to the next, or the second would be another admission.
    let unsigned = UnsignedStatement::new(token.network, Issuer::Under(token.invite), &fact, &[]);
    let admission = assemble(&unsigned, std::slice::from_ref(&token.key))?;
    let request = JoinRequest::Join {
        admission: admission.bytes().to_vec(),
    };
    match ask(token, &request)? {
        JoinResponse::Welcome => Ok(()),
        JoinResponse::Refused(refusal) => Err(refused(refusal, token, node)),
        JoinResponse::Invited { .. } => Err(untrue(token, &"no answer to the question")),
    }
}

fn ask(token: &Token, request: &JoinRequest) -> Result<JoinResponse, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal("join", error))?;
    let asked = ask_as_guest(
        &token.key,
        token.network,
        token.node,
        &token.addresses,
        request.encode(),
    );
    let answer = runtime
        .block_on(asked)
        .map_err(|error| unanswered(&error, token))?;
    JoinResponse::decode(&answer).map_err(|error| untrue(token, &error))
}

fn unanswered(error: &JoinError, token: &Token) -> Failure {
    let addresses = token.addresses.join(", ");
    match error {
        JoinError::Unreachable(all) => {
            let tried = |one: &soxa_net::Unreached| format!("{} ({})", one.address, one.why);
            let tried = all.iter().map(tried).collect::<Vec<_>>().join(", ");
            Failure::new("errors.inviter_unreachable", &[("addresses", &tried)])
        }
        JoinError::TimedOut => Failure::new("errors.inviter_unreachable", &[("addresses", &addresses)]),
        JoinError::OtherNode(node) => Failure::new(
            "errors.other_node_answers",
            &[("addresses", &addresses), ("node", node)],
        ),
        JoinError::TurnedAway => Failure::new("errors.invite_unknown", &[("addresses", &addresses)]),
        JoinError::Setup(error) => Failure::internal("join", error),
    }
}

fn untrue(token: &Token, reason: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        "errors.verification_failed",
        &[("reason", reason), ("place", &token.addresses.join(", "))],
    )
}

fn refused(refusal: JoinRefusal, token: &Token, node: NodeKey) -> Failure {
    let error = match refusal {
        JoinRefusal::UnknownInvite => "errors.invite_unknown",
        JoinRefusal::Expired => "errors.invite_expired",
        JoinRefusal::Withdrawn => "errors.invite_withdrawn",
        JoinRefusal::Used => "errors.invite_used",
        JoinRefusal::Admitted => "errors.node_admitted",
        JoinRefusal::Retired => "errors.node_retired",
        JoinRefusal::Malformed | JoinRefusal::Unable => "errors.join_unable",
    };
    let addresses = token.addresses.join(", ");
    let expires = crate::clock::moment(token.expires.0);
    Failure::new(
        error,
        &[("addresses", &addresses), ("expires", &expires), ("node", &node)],
    )
}
