//! `soxa sim`: placeholder until the simulator is wired in.

use soxa_lang::Lang;

use crate::cli::SimArgs;
use crate::exit::Exit;
use crate::failure::Failure;

/// Plays the simulation.
///
/// # Errors
/// Always, until there is one.
pub fn run(args: &SimArgs, _lang: Lang) -> Result<Exit, Failure> {
    Err(Failure::internal("sim", format!("no simulator in this program yet: {args:?}")))
}
