//! Rules that a test can switch off, to see that the simulator and the oracle find what then goes wrong.
//!
//! Two of them are rules of the records. Only a program built with the feature `sabotage` can be told to, and only tests are built
//! with it: those of `soxa-sim`, and the oracle of this crate. In any other `is_off` is a constant, and what asks for it costs nothing.

/// A rule that can be switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A feed that a cut does not name is cut at zero.
    UnnamedFeedsAreCut,
    /// An appointment holds within its term.
    TermsEnd,
    /// A role does what the genesis lets it do.
    RolesForbid,
    /// Node time never runs backwards in a feed.
    TimeGoesOn,
    /// Of several cuts those of the highest issuer count, and no others.
    HighestCutsCount,
    /// An invite admits one node.
    InvitesAdmitOnce,
    /// Root keys that others follow are out of office.
    RootKeysEnd,
    /// Only somebody above, or in charge, with a role that may do as much, adopts.
    AdoptersMay,
    /// What was issued under a void appointment is void.
    VoidParentsVoid,
    /// What lies past a fork is as if it were not there, unless a statement names it.
    ForksEndFeeds,
    /// What a statement names past a fork counts, with all below it.
    NamedBranchesCount,
    /// What was issued under an appointment is judged again when that is.
    JudgedAgainBelow,
    /// A scope admits the nodes of its units alone.
    ScopesKeepOut,
    /// A handover's effect moves the lines of its minutes that hand something over, and no others.
    EffectsFollowMinutes,
    /// Who reads an act on a dossier reads the dossier.
    DossiersKeepReaders,
}

#[cfg(feature = "sabotage")]
thread_local! {
    static OFF: std::cell::Cell<Option<Rule>> = const { std::cell::Cell::new(None) };
}

/// Switches one rule off for whatever this thread does, or all on again.
#[cfg(feature = "sabotage")]
pub fn switch_off(rule: Option<Rule>) {
    OFF.set(rule);
}

/// Whether a rule is switched off.
#[cfg(feature = "sabotage")]
#[must_use]
pub fn is_off(rule: Rule) -> bool {
    OFF.get() == Some(rule)
}

/// Without the feature none is.
#[cfg(not(feature = "sabotage"))]
#[must_use]
pub const fn is_off(_: Rule) -> bool {
    false
}
